// Earlier results of a step, each of which can be shown again; and the step run again.

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Run } from "../api/client";
import { Resource } from "../api/resource";
import { text } from "../i18n/en";
import { interviewText } from "../i18n/interview";
import { ago, price } from "../lib/format";
import { labelOf } from "../lib/lookup";
import { Scope } from "../lib/scope";
import { useInterview } from "../stores/interview/InterviewStore";
import { FailureBanner } from "../ui/Banner";
import { lazyPart } from "../ui/lazy";

const RunAgain = lazyPart(async () => (await import("./RunAgain")).RunAgain);

interface Props {
  step: "transcription" | "analysis";
}

/** The results of a step, folded. They are read when they are unfolded. */
export function Runs({ step }: Props) {
  const { isReadOnly } = useInterview();
  const open = useSignal(false);
  if (isReadOnly) return null;
  return (
    <details class="more runs noprint" onToggle={(event) => (open.value = event.currentTarget.open)}>
      <summary>{interviewText.runs.title[step]}</summary>
      {open.value && <List step={step} />}
    </details>
  );
}

function List({ step }: Props) {
  const store = useInterview();
  const scope = useMemo(() => new Scope(), []);
  const runs = useMemo(() => new Resource<Run[]>(scope, store.readRuns), [scope, store]);
  useEffect(() => () => scope.dispose(), [scope]);
  const { state, finished_at } = store.interview.value!.steps[step];
  useEffect(() => void runs.ensure(`${state} ${finished_at}`), [runs, state, finished_at]);
  const failed = useSignal("");
  const own = runs.value?.filter((run) => run.step === step) ?? null;
  const load = runs.load.value;
  const show = async ({ run_id }: Run) => {
    const outcome = await store.selectRun(run_id);
    failed.value = outcome.ok ? "" : interviewText.runs.notShown(outcome.error.message);
    void runs.refresh();
  };
  return (
    <div class="run-list">
      {load.state === "failed" && <FailureBanner what={load.error.message} onRetry={() => runs.retry()} />}
      {own === null && load.state !== "failed" && <p class="quiet small">{interviewText.runs.loading}</p>}
      {own !== null && own.length > 0 && (
        <ul class="plain" aria-label={interviewText.runs.title[step]}>
          {own.map((run) => (
            <li key={run.run_id} class="run">
              <span>
                {described(run)} {run.error && <span class="bad small">{run.error.message}</span>}
              </span>
              {run.selected ? (
                <b class="small">{interviewText.runs.shown}</b>
              ) : (
                run.state === "done" && (
                  <button type="button" onClick={() => void show(run)}>
                    {interviewText.runs.show}
                  </button>
                )
              )}
            </li>
          ))}
        </ul>
      )}
      {failed.value && (
        <p class="bad small" role="alert">
          {failed.value}
        </p>
      )}
      <RunAgain step={step} />
    </div>
  );
}

/** Which engine made it of what, when and for how much. */
function described({ engine, model, language, kind, created_at, cost_usd, state }: Run): string {
  const parts = [
    [engine, model].filter(Boolean).join(" "),
    kind && labelOf(text.kind, kind),
    language,
    created_at ? ago(created_at) : labelOf(text.stepState, state),
    cost_usd ? price(cost_usd) : null,
  ];
  return parts.filter(Boolean).join(" · ");
}
