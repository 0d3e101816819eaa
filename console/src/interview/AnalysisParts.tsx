import type { Analysis } from "../api/client";
import { text } from "../i18n/en";
import { price } from "../lib/format";
import { isFound, NO_MODEL, quotesOf } from "../model/evidence";
import { useInterview } from "../stores/interview/InterviewStore";
import { Icon } from "../ui/Icon";

/** How many of the quotes match the transcript. */
export function Matching({ analysis }: { analysis: Analysis }) {
  const quotes = quotesOf(analysis);
  if (!quotes.length) return <>{text.analysis.nothingQuoted}</>;
  return <>{text.analysis.matching(quotes.filter(isFound).length, quotes.length)}</>;
}

/** The warnings that the page does not show in another place. */
export function Warnings({ analysis }: { analysis: Analysis }) {
  const reasons = useInterview().interview.value?.usable?.reasons ?? [];
  const shown = analysis.warnings.filter(({ code }) => code !== NO_MODEL && !reasons.includes(code));
  return (
    <>
      {shown.map(({ code, message }, index) => (
        <p key={`${code} ${index}`} class="banner">
          <Icon name="warning" /> <span>{message}</span>
        </p>
      ))}
    </>
  );
}

/** Which engine made it, for how much. */
export function Colophon({ analysis }: { analysis: Analysis }) {
  const { engine, model, cost_usd, usage } = analysis;
  const repairs = usage.repairs ?? 0;
  return (
    <>
      {text.analysis.madeBy(engine, model, cost_usd ? price(cost_usd) : null)}
      {repairs > 0 && ` ${text.analysis.repaired(repairs)}`}
    </>
  );
}
