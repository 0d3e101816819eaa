import type { Evidence } from "../api/client";
import { hrefs } from "../app/routes";
import { text } from "../i18n/en";
import { clock } from "../lib/format";
import { labelOf, lookup } from "../lib/lookup";
import { useInterview } from "../stores/interview/InterviewStore";

const MARKS: Record<Evidence["status"], string> = { verified: "✓", repaired: "≈", unverified: "✗" };

/** Quotes, each a link that plays it, with how it matches the transcript. Those beyond
 * `most` are folded. */
export function Quotes({ quotes, most = Infinity }: { quotes: Evidence[]; most?: number }) {
  if (!quotes.length) return null;
  const folded = quotes.slice(most);
  return (
    <>
      <List quotes={quotes.slice(0, most)} />
      {folded.length > 0 && (
        <details class="more">
          <summary>{text.scorecard.moreQuotes(folded.length)}</summary>
          <List quotes={folded} />
        </details>
      )}
    </>
  );
}

function List({ quotes }: { quotes: Evidence[] }) {
  return (
    <ul class="quotes">
      {quotes.map((quote, index) => (
        <Quote key={index} evidence={quote} />
      ))}
    </ul>
  );
}

function Quote({ evidence: { quote, status, speaker, start_ms, end_ms } }: { evidence: Evidence }) {
  const store = useInterview();
  const meaning = labelOf(text.evidence, status);
  const words = (
    <q dir="auto" lang={store.interview.value?.language ?? undefined}>
      {quote}
    </q>
  );
  return (
    <li class={`quote ${status}`}>
      <span class="verdict" role="img" aria-label={meaning} title={meaning}>
        {lookup(MARKS, status) ?? "?"}
      </span>
      {start_ms == null ? (
        words
      ) : (
        <a
          href={hrefs.moment(store.id, start_ms)}
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            void store.player.play(start_ms, end_ms ?? undefined);
          }}
        >
          {words}
          <span class="quiet small">{text.quote.at(store.speakers.name(speaker), clock(start_ms))}</span>
        </a>
      )}
    </li>
  );
}
