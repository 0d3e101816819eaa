// A step run once more: in another language, as another kind, by another rubric or engine.

import { useSignal } from "@preact/signals";
import type { AvailableEngine, NewRun, Rubric } from "../api/client";
import { formText } from "../i18n/forms";
import { interviewText } from "../i18n/interview";
import { KEEP, OF_KIND, rubricChange } from "../model/rubric";
import { useInterview } from "../stores/interview/InterviewStore";
import { readEngines, readRubrics } from "../stores/rubrics";
import { Choice } from "../ui/Choice";
import { KindChoice, LanguageChoice, RubricChoice } from "../ui/settings";
import { useResource } from "../ui/useResource";

interface Props {
  step: "transcription" | "analysis";
}

export function RunAgain({ step }: Props) {
  const interview = useInterview().interview.value!;
  // Without a recording there is nothing to listen to.
  if (step === "transcription" && !interview.audio) return null;
  return step === "transcription" ? <TranscribeAgain /> : <AnalyseAgain />;
}

function TranscribeAgain() {
  const interview = useInterview().interview.value!;
  const language = useSignal(interview.language ?? "");
  const isOther = language.value !== "" && language.value !== interview.language;
  return (
    <RunForm step="transcription" run={isOther ? { language: language.value } : {}}>
      <LanguageChoice canDetect={!interview.language} value={language.value} onChoose={(tag) => (language.value = tag)} />
    </RunForm>
  );
}

function AnalyseAgain() {
  const interview = useInterview().interview.value!;
  const rubrics = useResource<Rubric[]>(readRubrics).value;
  const kind = useSignal(interview.kind);
  const rubric = useSignal(interview.rubric ? KEEP : OF_KIND);
  // The kind's own rubric is what an interview without one has; a run takes no `null`.
  const chosen = interview.rubric || rubric.value !== OF_KIND ? rubricChange(rubric.value) : {};
  const run = { ...(kind.value !== interview.kind && { kind: kind.value }), ...chosen };
  return (
    <RunForm step="analysis" run={run}>
      <KindChoice value={kind.value} onChoose={(wanted) => (kind.value = wanted)} />
      {(interview.rubric || (rubrics?.length ?? 0) > 0) && (
        <RubricChoice interview={interview} rubrics={rubrics} value={rubric.value} onChoose={(wanted) => (rubric.value = wanted)} />
      )}
    </RunForm>
  );
}

interface FormProps extends Props {
  run: Omit<NewRun, "step">;
  children: preact.ComponentChildren;
}

/** The button that runs a step, the engine that it runs by, and what became of it. */
function RunForm({ step, run, children }: FormProps) {
  const store = useInterview();
  const engines = useResource(readEngines).value;
  const available = engines?.[step === "transcription" ? "speech" : "language"].available ?? [];
  const engine = useSignal("");
  const failed = useSignal("");
  const isStarted = useSignal(false);
  const { state } = store.interview.value!.steps[step];
  const isRunning = state === "running" || state === "pending";
  const start = async () => {
    // The active one is what a run has without a name.
    const other = available.slice(1).find((own) => idOf(own) === engine.value);
    const by = other && { engine: other.engine, ...(other.model && { model: other.model }) };
    const outcome = await store.runAgain({ step, ...run, ...by });
    failed.value = outcome.ok ? "" : interviewText.runs.notRun(outcome.error.message);
    isStarted.value = outcome.ok;
  };
  return (
    <form
      class="again"
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <div class="fields">
        {children}
        {available.length > 1 && (
          <Choice
            isLabelled
            label={formText.runAgain.engine}
            options={available.map((own, at) => [idOf(own), at ? nameOf(own) : formText.runAgain.active(nameOf(own))] as const)}
            value={engine.value || idOf(available[0]!)}
            onChoose={(wanted) => (engine.value = wanted)}
          />
        )}
      </div>
      <p class="quiet small">{formText.runAgain.hint[step]}</p>
      <div class="buttons">
        <button type="submit" disabled={isRunning}>
          {isRunning ? interviewText.stale.running : formText.runAgain[step === "transcription" ? "transcribe" : "analyse"]}
        </button>
        <span class="quiet small" role="status">
          {isStarted.value && isRunning && formText.runAgain.started[step]}
        </span>
      </div>
      {failed.value && (
        <p class="bad small" role="alert">
          {failed.value}
        </p>
      )}
    </form>
  );
}

/** An engine may be there with several models. */
const idOf = ({ engine, model }: AvailableEngine) => `${engine}/${model ?? ""}`;

function nameOf({ engine, model }: AvailableEngine): string {
  return model ? `${engine} ${model}` : engine;
}
