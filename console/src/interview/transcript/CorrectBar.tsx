// The tools for correcting a transcript: what is selected, and what can be done with it.

import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { interviewText } from "../../i18n/interview";
import { clock } from "../../lib/format";
import type { Columns } from "../../model/transcript/columns";
import { canSplit, joinAt, rangeOf, rangeText, turnOf, wordsIn } from "../../model/transcript/corrections";
import type { Draft } from "../../stores/interview/Editor";
import { useInterview } from "../../stores/interview/InterviewStore";
import { Icon } from "../../ui/Icon";
import { KeyList } from "../../ui/KeyList";
import { Menu } from "../../ui/Menu";
import { History, MergeForm, ReplaceForm } from "./CorrectPanels";
import { join, split } from "./editing";

const PANELS = ["replace", "merge", "history", "keys"] as const;
type Panel = (typeof PANELS)[number];
/** More words are counted rather than shown. */
const MOST_SHOWN = 6;

interface Props {
  words: Columns;
  /** Gives the focus back to the text. */
  onDone: () => void;
}

export function CorrectBar({ words, onDone }: Props) {
  const { editor } = useInterview();
  const panel = useSignal<Panel | null>(null);
  const panels = useRef<HTMLDivElement>(null);
  const isTyping = editor.draft.value !== null;
  const wasTyping = useRef(false);
  // The text has the focus again as soon as the field is gone: no key is lost.
  useLayoutEffect(() => {
    if (wasTyping.current && !isTyping) onDone();
    wasTyping.current = isTyping;
  }, [isTyping]);
  // On a small screen the player may cover it.
  useLayoutEffect(() => {
    if (panel.value) panels.current?.scrollIntoView({ block: "nearest" });
  }, [panel.value]);
  return (
    <section class="correct noprint" aria-label={interviewText.correct.toolbar}>
      <Selected words={words} />
      {editor.draft.value ? (
        <DraftForm draft={editor.draft.value} />
      ) : (
        <Tools words={words} onDone={onDone} />
      )}
      <div ref={panels} class="buttons panels">
        {PANELS.map((name) => (
          <button
            key={name}
            type="button"
            class="bare"
            aria-expanded={panel.value === name}
            onClick={() => (panel.value = panel.value === name ? null : name)}
          >
            {interviewText.correct[name]}
          </button>
        ))}
      </div>
      {panel.value === "replace" && <ReplaceForm words={words} />}
      {panel.value === "merge" && <MergeForm />}
      {panel.value === "history" && <History words={words} />}
      {panel.value === "keys" && <KeyList keys={interviewText.correct.keyList} />}
      <State words={words} onDone={onDone} />
    </section>
  );
}

/** What is selected, for people who do not see it too. */
function Selected({ words }: { words: Columns }) {
  const { editor, speakers } = useInterview();
  const { value: range } = editor.range;
  if (!range) return <p class="quiet small">{interviewText.correct.none}</p>;
  const shown = rangeText(words, range);
  const speaker = speakers.name(words.speakers[range.first]);
  const time = clock(words.starts[range.first]!);
  const number = range.last - range.first + 1;
  const said = number > MOST_SHOWN ? interviewText.correct.selectedMany(number, speaker, time) : interviewText.correct.selected(shown, speaker, time);
  return (
    <p class="small" aria-live="polite" dir="auto">
      {said}
    </p>
  );
}

function Tools({ words, onDone }: Props) {
  const store = useInterview();
  const { editor, speakers } = store;
  const { value: range } = editor.range;
  const isIdle = range !== null && !editor.isSaving.value;
  const done = async (change: Promise<unknown>) => {
    await change;
    onDone();
  };
  const names = [...speakers.names.value];
  const free = Math.max(-1, ...names.map(([id]) => id)) + 1;
  const give = (speaker: number) => range && void done(editor.assign(range, speaker));
  return (
    <div class="buttons tools">
      <button type="button" disabled={!isIdle} onClick={() => editor.begin("replace")}>
        <Icon name="edit" /> {interviewText.correct.edit}
      </button>
      <button type="button" disabled={!isIdle} onClick={() => editor.begin("insert")}>
        {interviewText.correct.insert}
      </button>
      <button type="button" disabled={!isIdle} onClick={() => void done(editor.remove())}>
        {interviewText.correct.remove}
      </button>
      {isIdle && (
        <Menu
          label={interviewText.correct.give}
          items={[
            ...names.map(([id, name]) => ({ key: String(id), name, run: () => give(id) })),
            { key: "new", name: interviewText.correct.newSpeaker, run: () => give(free) },
          ]}
        />
      )}
      <button
        type="button"
        disabled={!isIdle}
        onClick={() => {
          if (range) editor.selectRange(turnOf(words, range.first));
          onDone();
        }}
      >
        {interviewText.correct.turn}
      </button>
      <button
        type="button"
        disabled={!isIdle || !canSplit(words, range.first)}
        onClick={() => void done(split(editor, words))}
      >
        {interviewText.correct.split}
      </button>
      <button
        type="button"
        disabled={!isIdle || joinAt(words, range.first) < 0}
        onClick={() => void done(join(editor, words))}
      >
        {interviewText.correct.join}
      </button>
      <button type="button" disabled={editor.isSaving.value || words.revision === 0} onClick={() => void done(editor.undo())}>
        {interviewText.correct.undo}
      </button>
    </div>
  );
}

/** The text that takes the place of the selected words, or is inserted after them. */
function DraftForm({ draft }: { draft: Draft }) {
  const { editor, interview } = useInterview();
  const field = useRef<HTMLTextAreaElement>(null);
  // At once: the next key is meant for the field.
  useLayoutEffect(() => {
    field.current?.focus();
    if (draft.kind === "replace") field.current?.select();
  }, [draft.kind, draft.from, draft.to]);
  const cancel = () => (editor.draft.value = null);
  const last = draft.before.split(" ").at(-1) ?? "";
  return (
    <form
      class="draft"
      onSubmit={(event) => {
        event.preventDefault();
        void editor.save();
      }}
    >
      <textarea
        ref={field}
        dir="auto"
        lang={interview.value?.language ?? undefined}
        rows={wordsIn(draft.text) > 12 ? 4 : 2}
        maxLength={10_000}
        aria-label={draft.kind === "replace" ? interviewText.correct.textOf : interviewText.correct.textAfter(last)}
        value={draft.text}
        onInput={(event) => editor.type(event.currentTarget.value)}
        onKeyDown={(event) => {
          // Enter may also choose what an input method proposes.
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            void editor.save();
          }
          if (event.key === "Escape") {
            event.stopPropagation();
            cancel();
          }
        }}
      />
      <div class="buttons">
        <button type="submit" class="primary" disabled={editor.isSaving.value}>
          {interviewText.correct.save}
        </button>
        <button type="button" onClick={cancel}>
          {interviewText.correct.cancel}
        </button>
      </div>
    </form>
  );
}

/** What became of the last change. */
function State({ words, onDone }: Props) {
  const { editor } = useInterview();
  return (
    <>
      <p class="small quiet state" role="status">
        {editor.isSaving.value ? interviewText.correct.saving : editor.notice.value}
      </p>
      {editor.failure.value && (
        <p class="bad small" role="alert">
          {editor.failure.value}
        </p>
      )}
      {editor.conflict.value && <Conflict words={words} onDone={onDone} />}
    </>
  );
}

/** A change that another one overtook: the newest words, and the person's own. */
function Conflict({ words, onDone }: Props) {
  const { editor } = useInterview();
  const change = editor.conflict.value!;
  const fits = editor.canApplyAgain(change);
  const range = rangeOf(words, change.operations[0]!);
  const isPlaced = fits || (change.text !== null && editor.range.value !== null);
  return (
    <div class="banner" role="alert">
      <Icon name="warning" />
      <div>
        <p>{interviewText.correct.conflict}</p>
        {change.text !== null && <p dir="auto">{interviewText.correct.typed(change.text)}</p>}
        {fits && range && <p dir="auto">{interviewText.correct.now(rangeText(words, range))}</p>}
        {!fits && <p>{change.text === null ? interviewText.correct.lost : interviewText.correct.gone}</p>}
      </div>
      <div class="buttons">
        <button
          type="button"
          class="primary"
          disabled={!isPlaced || editor.isSaving.value}
          onClick={() => void editor.applyAgain().then((saved) => saved === "saved" && onDone())}
        >
          {interviewText.correct.again}
        </button>
        <button
          type="button"
          onClick={() => {
            editor.discard();
            onDone();
          }}
        >
          {interviewText.correct.discard}
        </button>
      </div>
    </div>
  );
}
