// The notes of an interview.

import type { Note } from "../../api/client";
import { Resource } from "../../api/resource";
import { attempt, type Outcome } from "../../lib/outcome";
import type { Scope } from "../../lib/scope";
import { type InterviewService, newKey } from "./service";

/** By their moment, those without one first, as the service has them. */
export function inOrder(notes: readonly Note[]): Note[] {
  const at = ({ at_ms }: Note) => at_ms ?? -1;
  return [...notes].sort((a, b) => at(a) - at(b) || a.created_at.localeCompare(b.created_at));
}

export class NotesStore {
  readonly list: Resource<Note[]>;
  /** The keys of notes that the service may have stored without the page knowing. */
  readonly #keys = new Map<string, string>();

  constructor(
    scope: Scope,
    private readonly service: InterviewService,
    private readonly changed: () => void,
  ) {
    this.list = new Resource(scope, (signal) => service.notes(signal));
  }

  /** Adds a note at a moment in milliseconds, or at none. */
  add(text: string, atMs: number | null, kind: Note["kind"]): Promise<Outcome> {
    return attempt(async () => {
      const body = { text, kind, ...(atMs !== null && { at_ms: Math.round(atMs) }) };
      const wanted = JSON.stringify(body);
      const key = this.#keys.get(wanted) ?? newKey();
      // After an answer that was lost, the same note is the same request.
      this.#keys.set(wanted, key);
      const note = await this.service.addNote(body, key);
      this.#keys.delete(wanted);
      this.list.update((notes) => inOrder([...notes.filter(({ id }) => id !== note.id), note]));
      this.changed();
    });
  }

  change({ id }: Note, text: string): Promise<Outcome> {
    return attempt(async () => {
      const note = await this.service.changeNote(id, text);
      this.list.update((notes) => inOrder(notes.map((other) => (other.id === id ? note : other))));
      this.changed();
    });
  }

  remove({ id }: Note): Promise<Outcome> {
    return attempt(async () => {
      await this.service.removeNote(id);
      this.list.update((notes) => notes.filter((note) => note.id !== id));
      this.changed();
    });
  }
}
