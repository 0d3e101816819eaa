import { type Signal, signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Note } from "../api/client";
import { useEditing } from "../ui/editing";
import { focusBeside } from "../ui/focus";
import { clock } from "../ui/format";
import { Icon } from "../ui/icons";
import { Missed } from "./Missing";
import { useOpen } from "./store";

/** A note that is being written. */
interface Draft {
  text: Signal<string>;
  /** The moment that it is about, in milliseconds. */
  moment: Signal<number | null>;
}

/** By interview: what has been begun is still there when one comes back. */
const drafts = new Map<string, Draft>();

function draftOf(id: string): Draft {
  const draft = drafts.get(id) ?? { text: signal(""), moment: signal(null) };
  drafts.set(id, draft);
  return draft;
}

/** Begins a note at the moment that is being played, or goes on with the one begun. */
export function beginNote(id: string, at: number): void {
  const { text, moment } = draftOf(id);
  if (!text.value.trim()) moment.value = at;
  document.querySelector<HTMLTextAreaElement>("#note")?.focus();
}

export function Notes() {
  const open = useOpen();
  const { text, moment } = draftOf(open.id);
  const save = async () => {
    const [wanted, at] = [text.value.trim(), moment.value ?? open.player.now];
    if (!wanted) return;
    // Taken at once, so that a second Enter does not save it twice.
    text.value = "";
    moment.value = null;
    if (await open.addNote(wanted, at, "note")) return;
    text.value = text.value ? `${wanted}\n${text.value}` : wanted;
    moment.value = at;
  };
  return (
    <div class="notes">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <label for="note">
          Note at{" "}
          {moment.value === null ? "the moment that is playing" : <b>{clock(moment.value)}</b>}
        </label>
        <textarea
          id="note"
          dir="auto"
          rows={2}
          maxLength={10_000}
          value={text.value}
          onFocus={() => (moment.value ??= open.player.now)}
          onInput={(event) => {
            text.value = event.currentTarget.value;
            moment.value ??= open.player.now;
          }}
          onBlur={() => {
            if (!text.value) moment.value = null;
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
        <div class="buttons">
          <button type="submit" class="primary" disabled={!text.value.trim()}>
            Add note
          </button>
          <button type="button" onClick={() => void open.addNote("Bookmark", open.player.now, "bookmark")}>
            <Icon name="flag" /> Bookmark
          </button>
        </div>
      </form>
      <Kept />
    </div>
  );
}

function Kept() {
  const open = useOpen();
  const [notes, missed] = [open.notes.value, open.notesMissed.value];
  if (missed) return <Missed what="The notes were not loaded" why={missed} again={() => void open.readNotes()} />;
  if (!notes) return <p class="quiet">Loading the notes…</p>;
  if (!notes.length) {
    return (
      <p class="quiet">
        No notes yet. <kbd>N</kbd> begins one while you listen, <kbd>B</kbd> sets a bookmark.
      </p>
    );
  }
  return (
    <ul class="plain" aria-label="Notes">
      {notes.map((note) => (
        <Row key={note.id} note={note} />
      ))}
    </ul>
  );
}

function Row({ note }: { note: Note }) {
  const open = useOpen();
  const { editing, button, field } = useEditing();
  const saving = useRef(false);
  const { text, at_ms, kind } = note;
  /** What could not be changed stays in the field. */
  const save = async (wanted: string) => {
    if (!editing.value || saving.current) return;
    saving.current = true;
    if (!wanted || wanted === text || (await open.changeNote(note, wanted))) editing.value = false;
    saving.current = false;
  };
  return (
    <li class="note">
      {at_ms != null && (
        <button type="button" class="at" onClick={() => void open.player.play(at_ms)}>
          {kind === "bookmark" && <Icon name="flag" />} {clock(at_ms)}
        </button>
      )}
      {editing.value ? (
        <textarea
          aria-label="Text of the note"
          dir="auto"
          rows={2}
          maxLength={10_000}
          defaultValue={text}
          ref={field}
          onKeyDown={(event) => {
            if (event.key === "Escape") editing.value = false;
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
              event.preventDefault();
              event.currentTarget.blur();
            }
          }}
          onBlur={(event) => void save(event.currentTarget.value.trim())}
        />
      ) : (
        <span class="text" dir="auto">
          {text}
        </span>
      )}
      <button
        ref={button}
        type="button"
        class="bare"
        aria-label={`Change ${text}`}
        onClick={() => (editing.value = true)}
      >
        <Icon name="edit" />
      </button>
      <button
        type="button"
        class="bare"
        aria-label={`Delete ${text}`}
        onClick={(event) => {
          focusBeside(event.currentTarget, "#note");
          void open.removeNote(note);
        }}
      >
        <Icon name="trash" />
      </button>
    </li>
  );
}
