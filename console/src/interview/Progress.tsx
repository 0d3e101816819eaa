import { useSignal } from "@preact/signals";
import { type Step, type StepName, type Steps, STEPS } from "../api/client";
import { text } from "../i18n/en";
import { moment, percent } from "../lib/format";
import { labelOf } from "../lib/lookup";
import { useInterview } from "../stores/interview/InterviewStore";
import { FailureBanner } from "../ui/Banner";
import { Icon } from "../ui/Icon";

const NEEDS: Partial<Record<StepName, StepName>> = { analysis: "transcription", report: "analysis" };

/** The steps while there is something to say about them: under way, or failed. */
export function Progress() {
  const store = useInterview();
  const interview = store.interview.value;
  if (!interview || interview.status === "completed") return null;
  const fails = (name: StepName | undefined) => name !== undefined && interview.steps[name].state === "failed";
  // What failed because of another step is run again with that one.
  const failed = STEPS.filter((name) => fails(name) && !fails(NEEDS[name]));
  return (
    <section class="steps" aria-label={text.interview.progress}>
      {/* Not the list itself: it would be read out with every per cent. */}
      <p class="hidden" role="status">
        {STEPS.map((name) => `${text.step[name]}: ${standing(interview.steps[name])}`).join(", ")}
      </p>
      <ol>
        {STEPS.map((name) => (
          <Row key={name} name={name} step={interview.steps[name]} />
        ))}
      </ol>
      {interview.status === "awaiting_upload" && <p class="quiet">{text.interview.awaiting}</p>}
      {!store.isConnected.value && (
        <p class="quiet" role="status">
          {text.interview.lost}
        </p>
      )}
      {Array.from(byReason(failed, interview.steps), ([reason, names]) => (
        <Failed key={reason} names={names} reason={reason} />
      ))}
    </section>
  );
}

/** Where a step stands: what it waits for, why, and until when. */
export function standing({ state, waiting, attempt }: Step): string {
  if (state !== "pending" || !waiting) return labelOf(text.stepState, state);
  const parts = [labelOf(text.waiting, waiting.reason)];
  if (waiting.reason === "retry") parts[0] += ` (${text.attempt(attempt + 1)})`;
  if (waiting.until) parts.push(text.waitsUntil(moment(waiting.until)));
  return parts.join(", ");
}

function Row({ name, step }: { name: StepName; step: Step }) {
  const { state, progress } = step;
  return (
    <li class={`step ${state}`}>
      <i class="lamp" aria-hidden="true">
        {state === "done" && <Icon name="check" />}
        {state === "failed" && <Icon name="close" />}
      </i>
      {text.step[name]}
      <span class="quiet">{state === "running" && progress != null ? percent(progress / 100) : standing(step)}</span>
      {state === "running" && progress != null && (
        <progress max={100} value={progress} aria-label={text.step[name]} />
      )}
    </li>
  );
}

/** Steps that failed for the same reason have one message. */
function byReason(names: readonly StepName[], steps: Steps): Map<string, StepName[]> {
  const reasons = new Map<string, StepName[]>();
  for (const name of names) {
    const reason = steps[name].error?.message ?? text.interview.stepFailed;
    reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
  }
  return reasons;
}

function Failed({ names, reason }: { names: StepName[]; reason: string }) {
  const store = useInterview();
  const refused = useSignal("");
  const retry = async () => {
    refused.value = "";
    for (const name of names) {
      const outcome = await store.retry(name);
      if (!outcome.ok) refused.value = text.interview.notRetried(outcome.error.message);
    }
  };
  return (
    <FailureBanner
      what={`${names.map((name) => text.step[name]).join(", ")}: ${reason}`}
      details={refused.value}
      onRetry={store.isReadOnly ? null : () => void retry()}
    />
  );
}
