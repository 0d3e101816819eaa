import { signal, useSignal } from "@preact/signals";
import type { Note } from "../api/client";
import { clock } from "../ui/format";
import { Icon } from "../ui/icons";
import { useOpen } from "./store";

/** The moment that the next note is about, in milliseconds. */
export const moment = signal<number | null>(null);

/** Begins a note at the moment that is being played. */
export function beginNote(at: number): void {
  moment.value = at;
  document.querySelector<HTMLTextAreaElement>("#note")?.focus();
}

export function Notes() {
  const open = useOpen();
  const text = useSignal("");
  const save = async () => {
    const wanted = text.value.trim();
    if (wanted && (await open.addNote(wanted, moment.value ?? open.player.now, "note"))) {
      text.value = "";
      moment.value = null;
    }
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
          rows={2}
          maxLength={10_000}
          value={text.value}
          onFocus={() => (moment.value ??= open.player.now)}
          onInput={(event) => (text.value = event.currentTarget.value)}
          onBlur={() => {
            if (!text.value) moment.value = null;
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey) {
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
      {open.notes.value.length ? (
        <ul class="plain" aria-label="Notes">
          {open.notes.value.map((note) => (
            <Row key={note.id} note={note} />
          ))}
        </ul>
      ) : (
        <p class="quiet">
          No notes yet. <kbd>N</kbd> begins one while you listen, <kbd>B</kbd> sets a bookmark.
        </p>
      )}
    </div>
  );
}

function Row({ note }: { note: Note }) {
  const open = useOpen();
  const editing = useSignal(false);
  const { text, at_ms, kind } = note;
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
          rows={2}
          maxLength={10_000}
          defaultValue={text}
          ref={(area) => area?.focus()}
          onKeyDown={(event) => {
            if (event.key === "Escape") editing.value = false;
            if (event.key === "Enter" && !event.shiftKey) {
              event.preventDefault();
              event.currentTarget.blur();
            }
          }}
          onBlur={(event) => {
            const wanted = event.currentTarget.value.trim();
            if (editing.value && wanted && wanted !== text) void open.changeNote(note, wanted);
            editing.value = false;
          }}
        />
      ) : (
        <span class="text">{text}</span>
      )}
      <button type="button" class="bare" aria-label={`Change ${text}`} onClick={() => (editing.value = true)}>
        <Icon name="edit" />
      </button>
      <button type="button" class="bare" aria-label={`Delete ${text}`} onClick={() => void open.removeNote(note)}>
        <Icon name="trash" />
      </button>
    </li>
  );
}
