// What is out of date since the transcript was corrected, with a way to make it anew.

import { useSignal } from "@preact/signals";
import type { StepName } from "../api/client";
import { interviewText } from "../i18n/interview";
import { ago } from "../lib/format";
import { labelOf } from "../lib/lookup";
import type { Outcome } from "../lib/outcome";
import { useInterview } from "../stores/interview/InterviewStore";
import { Icon } from "../ui/Icon";

export function StaleBanner() {
  const store = useInterview();
  const interview = store.interview.value;
  const requested = useSignal<StepName | null>(null);
  const failed = useSignal("");
  if (store.isReadOnly || !interview) return null;
  const analysis = store.analysis.value?.stale;
  const report = store.report.value?.report?.stale;
  const stale = analysis ?? report;
  if (!stale) return null;
  const isRunning = (step: StepName) =>
    requested.value === step || ["running", "pending"].includes(interview.steps[step].state);
  const isBusy = isRunning("analysis") || isRunning("report");
  const start = async (step: StepName, run: () => Promise<Outcome>) => {
    requested.value = step;
    const outcome = await run();
    requested.value = null;
    failed.value = outcome.ok ? "" : interviewText.stale.notRun(outcome.error.message);
  };
  const what = analysis && report ? "both" : analysis ? "analysis" : "report";
  const reasons = stale.reasons.map((reason) => labelOf(interviewText.stale.reasons, reason)).join(", ");
  return (
    <div class="banner stale noprint" role="status">
      <Icon name="warning" />
      <div>
        <b>{interviewText.stale.what[what]}</b> {reasons} <span class="quiet">({ago(stale.since)})</span>
        {failed.value && <p class="bad small">{failed.value}</p>}
      </div>
      {analysis && (
        <button
          type="button"
          class="primary"
          disabled={isBusy}
          onClick={() => void start("analysis", () => store.runAgain({ step: "analysis" }))}
        >
          {isRunning("analysis") ? interviewText.stale.running : interviewText.stale.runAnalysis}
        </button>
      )}
      {report && (
        <button type="button" disabled={isBusy} onClick={() => void start("report", () => store.retry("report"))}>
          {isRunning("report") ? interviewText.stale.running : interviewText.stale.updateReport}
        </button>
      )}
    </div>
  );
}
