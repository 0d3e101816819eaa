import { STEPS, type Step, type StepName } from "../api/client";
import { percent } from "../ui/format";
import { Icon } from "../ui/icons";
import { STEP, WAITS } from "../ui/words";
import { useOpen } from "./store";

const STATE: Record<Step["state"], string> = {
  pending: "queued",
  running: "running",
  done: "done",
  failed: "failed",
  skipped: "not needed",
};

const NEEDS: Partial<Record<StepName, StepName>> = { analysis: "transcription", report: "analysis" };

/** The steps while there is something to say of them: under way, or failed. */
export function Steps() {
  const open = useOpen();
  const interview = open.interview.value;
  if (!interview || interview.status === "completed") return null;
  const fails = (name: StepName | undefined) => name !== undefined && interview.steps[name].state === "failed";
  // What failed for the sake of another step is run again with that one.
  const failed = STEPS.filter((name) => fails(name) && !fails(NEEDS[name]));
  return (
    <section class="steps" aria-label="Progress">
      {/* Not the list itself: it would be read out with every per cent. */}
      <p class="hidden" role="status">
        {STEPS.map((name) => `${STEP[name]}: ${standing(interview.steps[name])}`).join(", ")}
      </p>
      <ol>
        {STEPS.map((name) => (
          <One key={name} name={name} step={interview.steps[name]} />
        ))}
      </ol>
      {interview.status === "awaiting_upload" && <p class="quiet">The recording has not arrived yet.</p>}
      {!open.connected.value && (
        <p class="quiet" role="status">
          Connection lost. Reconnecting…
        </p>
      )}
      {failed.map((name) => (
        <Failed key={name} name={name} step={interview.steps[name]} />
      ))}
    </section>
  );
}

/** Where a step stands, and what it waits for. */
function standing({ state, waiting }: Step): string {
  return state === "pending" && waiting ? WAITS[waiting.reason] : STATE[state];
}

function One({ name, step }: { name: StepName; step: Step }) {
  const { state, progress } = step;
  return (
    <li class={`step ${state}`}>
      <i class="lamp" aria-hidden="true">
        {state === "done" && <Icon name="check" />}
        {state === "failed" && <Icon name="close" />}
      </i>
      {STEP[name]}
      <span class="quiet">
        {state === "running" && progress != null ? percent(progress / 100) : standing(step)}
      </span>
    </li>
  );
}

function Failed({ name, step: { error } }: { name: StepName; step: Step }) {
  const open = useOpen();
  return (
    <p class="banner bad" role="alert">
      <Icon name="warning" />
      <span>
        <b>{STEP[name]}:</b> {error?.message ?? "failed"}
      </span>
      <button type="button" onClick={() => void open.retry(name)}>
        <Icon name="retry" /> Run it again
      </button>
    </p>
  );
}
