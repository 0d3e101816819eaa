// What is needed less often when a transcript is corrected: find and replace, merging
// speakers, the history, and the keys.

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Correction, Operation } from "../../api/client";
import { Resource } from "../../api/resource";
import { route } from "../../app/routes";
import { interviewText } from "../../i18n/interview";
import { ago } from "../../lib/format";
import { Scope } from "../../lib/scope";
import type { Columns } from "../../model/transcript/columns";
import { replacingAll } from "../../model/transcript/corrections";
import { useInterview } from "../../stores/interview/InterviewStore";
import { Choice } from "../../ui/Choice";
import { FailureBanner } from "../../ui/Banner";
import { Runs } from "../Runs";

/** More operations of a correction are counted rather than shown. */
const MOST_SHOWN = 3;

export function ReplaceForm({ words }: { words: Columns }) {
  const { editor } = useInterview();
  const sought = useSignal(route.peek().view === "interview" ? (route.peek() as { find: string }).find : "");
  const by = useSignal("");
  const wholeWords = useSignal(true);
  const places = useMemo(
    () => replacingAll(words, sought.value, by.value, wholeWords.value).places,
    [words, sought.value, by.value, wholeWords.value],
  );
  return (
    <form
      class="fields"
      onSubmit={(event) => {
        event.preventDefault();
        void editor.replaceAll(sought.value, by.value, wholeWords.value);
      }}
    >
      <label class="field">
        <span>{interviewText.correct.find}</span>
        <input dir="auto" value={sought.value} onInput={(event) => (sought.value = event.currentTarget.value)} />
      </label>
      <label class="field">
        <span>{interviewText.correct.by}</span>
        <input dir="auto" value={by.value} maxLength={1_000} onInput={(event) => (by.value = event.currentTarget.value)} />
      </label>
      <label class="check">
        <input type="checkbox" checked={wholeWords.value} onChange={(event) => (wholeWords.value = event.currentTarget.checked)} />
        <span>{interviewText.correct.wholeWords}</span>
      </label>
      <div class="buttons">
        <button type="submit" class="primary" disabled={!places || editor.isSaving.value}>
          {interviewText.correct.replaceAll}
        </button>
        <span class="quiet small" aria-live="polite">
          {sought.value.trim() && interviewText.correct.places(places)}
        </span>
      </div>
    </form>
  );
}

export function MergeForm() {
  const { editor, speakers } = useInterview();
  const names = [...speakers.names.value];
  const [first, second] = names;
  const from = useSignal(second?.[0] ?? -1);
  const into = useSignal(first?.[0] ?? -1);
  if (!first || !second) return <p class="quiet small">{interviewText.correct.notTwo}</p>;
  // A speaker who was merged is gone.
  const known = (id: number, otherwise: number) => (speakers.names.value.has(id) ? id : otherwise);
  const [whom, target] = [known(from.value, second[0]), known(into.value, first[0])];
  return (
    <form
      class="fields"
      onSubmit={(event) => {
        event.preventDefault();
        void editor.apply([{ op: "merge_speakers", from: whom, into: target }]);
      }}
    >
      <Choice isLabelled label={interviewText.correct.mergeWhom} options={names} value={whom} onChoose={(id) => (from.value = id)} />
      <Choice isLabelled label={interviewText.correct.mergeInto} options={names} value={target} onChoose={(id) => (into.value = id)} />
      <div class="buttons">
        <button type="submit" class="primary" disabled={whom === target || editor.isSaving.value}>
          {interviewText.correct.mergeNow}
        </button>
      </div>
    </form>
  );
}

/** What was corrected, the newest first. */
export function History({ words }: { words: Columns }) {
  const { editor, readCorrections } = useInterview();
  const scope = useMemo(() => new Scope(), []);
  const history = useMemo(() => new Resource<Correction[]>(scope, readCorrections), [scope, readCorrections]);
  useEffect(() => () => scope.dispose(), [scope]);
  useEffect(() => void history.ensure(`${words.runId} ${words.revision}`), [history, words]);
  const load = history.load.value;
  const corrections = history.value;
  return (
    <div class="history">
      {load.state === "failed" && <FailureBanner what={load.error.message} onRetry={() => history.retry()} />}
      {corrections?.length === 0 && <p class="quiet small">{interviewText.correct.noHistory}</p>}
      {corrections !== null && corrections.length > 0 && (
        <>
          <ol class="plain" reversed aria-label={interviewText.correct.history}>
            {corrections.map((correction) => (
              <Entry key={correction.revision} correction={correction} />
            ))}
          </ol>
          <div class="buttons">
            <button type="button" disabled={editor.isSaving.value} onClick={() => void editor.undoAll()}>
              {interviewText.correct.undoAll}
            </button>
          </div>
        </>
      )}
      <Runs step="transcription" />
    </div>
  );
}

function Entry({ correction: { revision, created_at, operations, undoes } }: { correction: Correction }) {
  const { speakers } = useInterview();
  const shown = operations.slice(0, MOST_SHOWN).map((operation) => described(operation, (id) => speakers.name(id)));
  if (operations.length > MOST_SHOWN) shown.push(interviewText.correct.moreOf(operations.length - MOST_SHOWN));
  return (
    <li>
      <span class="number">{revision}</span>
      <span dir="auto">{undoes == null ? shown.join(", ") : interviewText.correct.undoes(undoes)}</span>
      <time class="quiet" dateTime={created_at}>
        {ago(created_at)}
      </time>
    </li>
  );
}

function described(operation: Operation, name: (id: number) => string): string {
  const { operations } = interviewText.correct;
  switch (operation.op) {
    case "replace_words":
    case "insert_words":
      return operations[operation.op](operation.text);
    case "assign_speaker":
      return operations.assign_speaker(name(operation.speaker));
    case "merge_speakers":
      return operations.merge_speakers(name(operation.from), name(operation.into));
    default:
      return operations[operation.op];
  }
}
