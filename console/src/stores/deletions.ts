// Interviews that were deleted here: each can be undone until its toast has gone.

import { computed, signal } from "@preact/signals";
import { api, ask, headers, type Interview } from "../api/client";
import { ApiError, reason } from "../api/errors";
import { text } from "../i18n/en";
import { forEach } from "../lib/forEach";
import type { Scope } from "../lib/scope";
import { LONG_MS, toast } from "../ui/toasts";

export type Deletion = { state: "undoable"; undo: () => void } | { state: "requested" } | { state: "deleted" };

async function deleteNow(id: string): Promise<void> {
  // Leaving the page does not stop it.
  await ask(api.DELETE("/v1/interviews/{id}", { params: { path: { id } }, keepalive: true }));
}

export class Deletions {
  readonly all = signal<ReadonlyMap<string, Deletion>>(new Map());
  readonly ids = computed<ReadonlySet<string>>(() => new Set(this.all.value.keys()));

  constructor(
    scope: Scope,
    /** Called after an interview has been deleted. */
    private readonly deleted: (id: string) => void,
    private readonly request: (id: string) => Promise<void> = deleteNow,
  ) {
    // A user who leaves the page does not undo any more.
    scope.listen(window, "pagehide", () => void this.#requestOnLeaving());
  }

  /** Deletes an interview when its toast has gone, unless that is undone. */
  remove({ id, title }: Pick<Interview, "id" | "title">): void {
    if (this.all.value.has(id)) return;
    const close = toast(text.list.deleted(title), {
      action: { label: text.list.undo, run: () => this.#forget(id) },
      after: () => void this.#requestOne(id),
    });
    const undo = () => {
      close();
      this.#forget(id);
    };
    this.#set(id, { state: "undoable", undo });
  }

  /** The same of several interviews, which one toast undoes. */
  removeAll(interviews: readonly Pick<Interview, "id" | "title">[]): void {
    const [only] = interviews;
    if (interviews.length === 1 && only) return this.remove(only);
    const ids = interviews.map(({ id }) => id).filter((id) => !this.all.value.has(id));
    if (!ids.length) return;
    const forget = () => ids.forEach((id) => this.#forget(id));
    const close = toast(text.list.deletedMany(ids.length), {
      action: { label: text.list.undo, run: forget },
      after: () => void this.#requestMany(ids),
      shownMs: LONG_MS,
    });
    const undo = () => {
      close();
      forget();
    };
    for (const id of ids) this.#set(id, { state: "undoable", undo });
  }

  /** Requests at once what can still be undone. */
  async finish(): Promise<void> {
    await Promise.all(this.#takeUndoable().map((id) => this.#requestOne(id)));
  }

  async #requestOne(id: string): Promise<void> {
    this.#set(id, { state: "requested" });
    try {
      await this.request(id);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) {
        this.#forget(id);
        toast(text.list.notDeleted(reason(error)), { bad: true });
        return;
      }
    }
    // It stays hidden: an older answer may still have it.
    this.#set(id, { state: "deleted" });
    this.deleted(id);
  }

  /** A few at a time: the service has a limit of requests in a minute. */
  async #requestMany(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#set(id, { state: "requested" });
    await forEach(ids, (id) => this.#requestOne(id));
  }

  async #requestOnLeaving(): Promise<void> {
    const ids = this.#takeUndoable();
    if (!ids.length) return;
    const bearer = await headers();
    for (const id of ids) {
      void fetch(`/v1/interviews/${id}`, { method: "DELETE", headers: bearer, keepalive: true });
    }
  }

  #takeUndoable(): string[] {
    const undoable = [...this.all.value].filter(([, { state }]) => state === "undoable");
    // Undoing one undoes all of its toast.
    for (const [, deletion] of undoable) if (deletion.state === "undoable") deletion.undo();
    const ids = undoable.map(([id]) => id);
    for (const id of ids) this.#set(id, { state: "requested" });
    return ids;
  }

  #set(id: string, deletion: Deletion): void {
    this.all.value = new Map(this.all.value).set(id, deletion);
  }

  #forget(id: string): void {
    this.all.value = new Map([...this.all.value].filter(([other]) => other !== id));
  }
}
