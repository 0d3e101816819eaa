import { type Signal, signal, useSignal } from "@preact/signals";
import type { Note } from "../api/client";
import { text } from "../i18n/en";
import { clock } from "../lib/format";
import { type InterviewStore, useInterview } from "../stores/interview/InterviewStore";
import { focusBeside } from "../ui/focus";
import { Icon } from "../ui/Icon";
import { InlineEdit } from "../ui/InlineEdit";
import { lazyPart } from "../ui/lazy";
import { toast } from "../ui/toasts";
import { Pane } from "./Pane";

const HighlightList = lazyPart(async () => (await import("../highlights/HighlightList")).HighlightList);

/** A note that is being written. */
interface Draft {
  text: Signal<string>;
  /** The moment that it is about, in milliseconds. */
  moment: Signal<number | null>;
  /** Why it could not be saved; empty where nothing has failed. */
  failed: Signal<string>;
}

/** By interview: a note that was begun is still there when its user comes back. */
const drafts = new Map<string, Draft>();

function draftOf(id: string): Draft {
  const draft = drafts.get(id) ?? { text: signal(""), moment: signal(null), failed: signal("") };
  drafts.set(id, draft);
  return draft;
}

const fieldOf = () => document.querySelector<HTMLTextAreaElement>("#note");

/** Begins a note at the moment that is being played, or goes on with the one begun. */
export function beginNote(id: string, at: number): void {
  const { text, moment } = draftOf(id);
  if (!text.value.trim()) moment.value = at;
  fieldOf()?.focus();
}

/** Sets a bookmark at the moment that is being played. */
export async function addBookmark(store: InterviewStore): Promise<void> {
  const outcome = await store.notes.add(text.notes.bookmark, store.player.now, "bookmark");
  // The notes may be out of view.
  if (!outcome.ok) toast(text.notes.notSaved(outcome.error.message), { bad: true });
}

export function NotesPane() {
  const store = useInterview();
  return (
    <div class="notes">
      {!store.isReadOnly && <NoteForm />}
      <Pane resource={store.notes.list} name={text.part.names.notes}>
        {(notes) => <NoteList notes={notes} />}
      </Pane>
      {!store.isReadOnly && <HighlightList />}
    </div>
  );
}

function NoteForm() {
  const store = useInterview();
  const { player } = store;
  const { text: draft, moment, failed } = draftOf(store.id);
  const save = async () => {
    const [wanted, at] = [draft.value.trim(), moment.value ?? player.now];
    if (!wanted) return;
    // Taken at once, so that a second Enter does not save it twice.
    draft.value = "";
    moment.value = null;
    failed.value = "";
    const outcome = await store.notes.add(wanted, at, "note");
    if (outcome.ok) return;
    failed.value = text.notes.notSaved(outcome.error.message);
    draft.value = draft.value ? `${wanted}\n${draft.value}` : wanted;
    moment.value = at;
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label for="note">
        {text.notes.at} {moment.value === null ? text.notes.now : <b>{clock(moment.value)}</b>}
      </label>
      <textarea
        id="note"
        dir="auto"
        rows={2}
        maxLength={10_000}
        value={draft.value}
        onFocus={() => (moment.value ??= player.now)}
        onInput={(event) => {
          draft.value = event.currentTarget.value;
          moment.value ??= player.now;
        }}
        onBlur={() => {
          if (!draft.value) moment.value = null;
        }}
        onKeyDown={(event) => {
          // Enter may also choose what an input method proposes.
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            void save();
          }
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
      {failed.value && (
        <p class="bad small" role="alert">
          {failed.value}
        </p>
      )}
      <div class="buttons">
        <button type="submit" class="primary" disabled={!draft.value.trim()}>
          {text.notes.add}
        </button>
        <button type="button" onClick={() => void addBookmark(store)}>
          <Icon name="flag" /> {text.notes.bookmark}
        </button>
      </div>
    </form>
  );
}

function NoteList({ notes }: { notes: Note[] }) {
  const store = useInterview();
  const [before, between, after] = text.notes.none;
  if (!notes.length && store.isReadOnly) return null;
  if (!notes.length) {
    return (
      <p class="quiet">
        {before}
        <kbd>N</kbd>
        {between}
        <kbd>B</kbd>
        {after}
      </p>
    );
  }
  return (
    <ul class="plain" aria-label={text.notes.list}>
      {notes.map((note) => (
        <Row key={note.id} note={note} />
      ))}
    </ul>
  );
}

function Row({ note }: { note: Note }) {
  const store = useInterview();
  const failed = useSignal("");
  const { at_ms, kind } = note;
  const shown = (
    <span class="text" dir="auto">
      {note.text}
    </span>
  );
  const remove = async (button: HTMLElement) => {
    focusBeside(button, fieldOf);
    const outcome = await store.notes.remove(note);
    if (!outcome.ok) failed.value = text.notes.notDeleted(outcome.error.message);
  };
  return (
    <li class="note">
      {at_ms != null && (
        <button type="button" class="at" onClick={() => void store.player.play(at_ms)}>
          {kind === "bookmark" && <Icon name="flag" />} {clock(at_ms)}
        </button>
      )}
      {store.isReadOnly ? (
        shown
      ) : (
        <>
          <InlineEdit
            value={note.text}
            label={text.notes.text}
            edit={text.notes.change(note.text)}
            maxLength={10_000}
            multiline
            save={(wanted) => store.notes.change(note, wanted)}
          >
            {shown}
          </InlineEdit>
          <button
            type="button"
            class="bare"
            aria-label={text.notes.delete(note.text)}
            onClick={(event) => void remove(event.currentTarget)}
          >
            <Icon name="trash" />
          </button>
        </>
      )}
      {failed.value && (
        <span class="bad small" role="alert">
          {failed.value}
        </span>
      )}
    </li>
  );
}
