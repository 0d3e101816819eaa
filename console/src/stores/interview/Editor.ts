// Corrections of the transcript by a person: what is selected, what is being typed, and
// what became of it. A change that another one overtook is kept until the person decides.

import { computed, signal } from "@preact/signals";
import type { Operation } from "../../api/client";
import { ApiError } from "../../api/errors";
import type { Resource } from "../../api/resource";
import { interviewText } from "../../i18n/interview";
import type { Columns } from "../../model/transcript/columns";
import {
  after,
  assigning,
  clipped,
  placeOf,
  type Range,
  rangeText,
  replacing,
  replacingAll,
  stillFits,
  wordId,
  wordsIn,
} from "../../model/transcript/corrections";
import { type InterviewService, newKey } from "./service";

/** A text that is being typed, and the transcript that it was begun for. */
export interface Draft {
  kind: "replace" | "insert";
  /** The words that it replaces, or the word after which it is inserted. */
  from: string;
  to: string;
  text: string;
  /** As the words were. */
  before: string;
  base: number;
}

/** A change that is sent: it stays the same request when it is sent again. */
export interface Change {
  operations: Operation[];
  base: number;
  key: string;
  /** What the person typed, if it is a text. */
  text: string | null;
  /** How many words are selected afterwards. */
  count: number;
}

export type Saved = "saved" | "conflict" | "failed";

export class Editor {
  readonly isOn = signal(false);
  readonly draft = signal<Draft | null>(null);
  readonly isSaving = signal(false);
  /** Why the last change was not saved; empty where it was. */
  readonly failure = signal("");
  /** What the last change did, for who does not see it. */
  readonly notice = signal("");
  /** A change that was based on an earlier revision. */
  readonly conflict = signal<Change | null>(null);
  readonly #selected = signal<{ anchor: string; focus: string } | null>(null);

  /** The selected words as they are now; null where none is. */
  readonly range = computed<Range | null>(() => {
    const words = this.transcript.value;
    const selected = this.#selected.value;
    if (!words || !selected) return null;
    const [anchor, focus] = [placeOf(words, selected.anchor), placeOf(words, selected.focus)];
    if (anchor < 0 || focus < 0) return null;
    return { first: Math.min(anchor, focus), last: Math.max(anchor, focus) };
  });
  /** The end of the selection that moves; -1 where nothing is selected. */
  readonly focus = computed(() => {
    const words = this.transcript.value;
    const selected = this.#selected.value;
    return words && selected ? placeOf(words, selected.focus) : -1;
  });

  constructor(
    private readonly service: InterviewService,
    private readonly transcript: Resource<Columns>,
    /** Reads what depends on the words again, and tells other tabs. */
    private readonly corrected: () => void,
  ) {}

  toggle(): void {
    this.isOn.value = !this.isOn.value;
    if (!this.isOn.value) this.clear();
  }

  /** Selects a word, or goes on with the selection up to it. */
  select(place: number, extend = false): void {
    const words = this.transcript.value;
    const range = words && clipped(words, { first: place, last: place });
    if (!words || !range) return;
    const id = wordId(words, range.first);
    const { anchor } = (extend && this.#selected.value) || { anchor: id };
    this.#selected.value = { anchor, focus: id };
  }

  selectRange({ first, last }: Range): void {
    this.select(first);
    this.select(last, true);
  }

  clear(): void {
    this.#selected.value = null;
    this.draft.value = null;
    this.failure.value = "";
  }

  /** Begins to type: in place of the selected words, or after them. */
  begin(kind: Draft["kind"]): void {
    const [words, range] = [this.transcript.value, this.range.value];
    if (!words || !range) return;
    const before = rangeText(words, range);
    this.failure.value = "";
    this.draft.value = {
      kind,
      from: wordId(words, range.first),
      to: wordId(words, range.last),
      text: kind === "replace" ? before : "",
      before,
      base: words.revision,
    };
  }

  type(typed: string): void {
    if (this.draft.value) this.draft.value = { ...this.draft.value, text: typed };
  }

  /** Saves what was typed. */
  async save(): Promise<Saved> {
    const [words, draft] = [this.transcript.value, this.draft.value];
    if (!words || !draft) return "saved";
    const wanted = draft.text.trim().replace(/\s+/g, " ");
    const nothing = draft.kind === "replace" ? wanted === draft.before : !wanted;
    if (nothing) {
      this.draft.value = null;
      return "saved";
    }
    const ids = { from: draft.from, to: draft.to };
    const operation: Operation =
      draft.kind === "insert"
        ? { op: "insert_words", after: draft.to, text: wanted }
        : wanted
          ? { op: "replace_words", ...ids, text: wanted }
          : { op: "delete_words", ...ids };
    return this.#send({ operations: [operation], base: draft.base, key: newKey(), text: wanted, count: wordsIn(wanted) });
  }

  /** Corrects what is selected by operations on the words that are shown. */
  async apply(operations: Operation[], count = 0): Promise<Saved> {
    const words = this.transcript.value;
    if (!words || !operations.length) return "saved";
    return this.#send({ operations, base: words.revision, key: newKey(), text: null, count });
  }

  async remove(): Promise<Saved> {
    const [words, range] = [this.transcript.value, this.range.value];
    const operation = words && range && replacing(words, range, "");
    return operation ? this.apply([operation]) : "saved";
  }

  async assign(range: Range, speaker: number): Promise<Saved> {
    const words = this.transcript.value;
    return words ? this.apply([assigning(words, range, speaker)], range.last - range.first + 1) : "saved";
  }

  /** Replaces a text everywhere. */
  async replaceAll(wanted: string, by: string, wholeWords: boolean): Promise<Saved> {
    const words = this.transcript.value;
    if (!words) return "saved";
    const { operations, places } = replacingAll(words, wanted, by, wholeWords);
    const saved = await this.apply(operations);
    if (saved === "saved") this.notice.value = interviewText.correct.replaced(places);
    return saved;
  }

  /** Takes the last correction back. Returns whether there was one. */
  async undo(): Promise<boolean> {
    const words = this.transcript.value;
    if (!words || this.isSaving.value) return false;
    return this.#attempt(async () => {
      await this.service.undo({ base_revision: words.revision, run_id: words.runId });
      await this.#settle(null);
      this.notice.value = interviewText.correct.undone;
    });
  }

  /** Takes all corrections back, up to the words that were recognised. */
  async undoAll(): Promise<void> {
    while (await this.undo());
    if (!this.failure.value) this.notice.value = interviewText.correct.allUndone;
  }

  /** Whether the change that was overtaken can be made on the newest words. */
  canApplyAgain(change: Change): boolean {
    const words = this.transcript.value;
    return words !== null && stillFits(words, change.operations);
  }

  /** Makes the change that was overtaken on the newest words. What a person typed for
   * words that are gone takes the place of the selected ones. */
  async applyAgain(): Promise<Saved> {
    const [words, change, range] = [this.transcript.value, this.conflict.value, this.range.value];
    if (!words || !change) return "saved";
    let { operations } = change;
    if (!stillFits(words, operations)) {
      const operation = change.text !== null && range ? replacing(words, range, change.text) : null;
      if (!operation) return "conflict";
      operations = [operation];
    }
    return this.#send({ ...change, operations, base: words.revision, key: newKey() });
  }

  /** Discards the change that was overtaken. */
  discard(): void {
    this.conflict.value = null;
    this.draft.value = null;
  }

  async #send(change: Change): Promise<Saved> {
    if (this.isSaving.value) return "failed";
    const words = this.transcript.value;
    const saved = await this.#attempt(async () => {
      const { operations, base, key } = change;
      await this.service.correct({ base_revision: base, run_id: words?.runId ?? null, operations }, key);
      // The field stays until the words are there: the focus goes from it to them.
      await this.#settle(change);
      this.draft.value = null;
      this.conflict.value = null;
      this.notice.value = interviewText.correct.saved;
    }, change);
    if (saved) return "saved";
    return this.conflict.value ? "conflict" : "failed";
  }

  /** Runs a change and says why it failed. Returns whether it did not. */
  async #attempt(run: () => Promise<void>, change: Change | null = null): Promise<boolean> {
    this.isSaving.value = true;
    this.failure.value = "";
    this.notice.value = "";
    try {
      await run();
      return true;
    } catch (error) {
      const problem = ApiError.from(error);
      if (problem.code === "stale_revision") {
        this.conflict.value = change;
        await this.transcript.refresh();
        // Without a change of words there is nothing to lose.
        if (!change) this.failure.value = interviewText.correct.overtaken;
      } else if (problem.code !== "nothing_to_undo") {
        this.failure.value = interviewText.correct.notSaved(problem.message);
      }
      return false;
    } finally {
      this.isSaving.value = false;
    }
  }

  /** Reads the words again and selects those that were changed, wherever they were. */
  async #settle(change: Change | null): Promise<void> {
    const before = this.range.value;
    const first = change?.operations[0];
    const place = before && (first?.op === "insert_words" ? before.last + 1 : before.first);
    const count = change?.count || (before ? before.last - before.first + 1 : 1);
    const isDeleted = first?.op === "delete_words";
    await this.transcript.refresh();
    const words = this.transcript.value;
    if (words && place !== null) {
      const range = after(words, place, isDeleted ? 1 : count);
      if (range) this.selectRange(range);
    }
    this.corrected();
  }
}
