// Correcting by the keyboard and the mouse, in the text of the transcript.

import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";
import type { Columns } from "../../model/transcript/columns";
import { besideParagraph, canSplit, joinAt, type Range, turnOf, wordId } from "../../model/transcript/corrections";
import type { Editor } from "../../stores/interview/Editor";
import type { InterviewStore } from "../../stores/interview/InterviewStore";

interface Place {
  /** The word that is selected when nothing is yet. */
  start: () => number;
  /** Brings a word into sight, and the player to it. */
  show: (word: number) => void;
}

/** Marks the selected words that are in the document: what has just been scrolled into it, too. */
export function useMarks(scroller: RefObject<HTMLElement | null>, range: Range | null): void {
  useLayoutEffect(() => {
    for (const word of scroller.current?.querySelectorAll<HTMLElement>("[data-w]") ?? []) {
      const at = Number(word.dataset["w"]);
      word.toggleAttribute("data-selected", range !== null && at >= range.first && at <= range.last);
    }
  });
}

/** Selects a word by the mouse, or the words that were marked with it. */
export function selectByMouse(editor: Editor, event: MouseEvent, place: Place): void {
  const marked = getSelection();
  if (marked && !marked.isCollapsed) {
    const [from, to] = [wordOf(marked.anchorNode), wordOf(marked.focusNode)];
    if (from < 0 || to < 0) return;
    editor.select(from);
    editor.select(to, true);
    marked.removeAllRanges();
    return;
  }
  const word = wordOf(event.target as Node);
  if (word < 0) return;
  editor.select(word, event.shiftKey);
  if (!event.shiftKey) place.show(word);
}

/** The word that a part of the document belongs to; -1 for none. */
export function wordOf(node: Node | null): number {
  const element = node instanceof Element ? node : (node?.parentElement ?? null);
  const own = element?.closest<HTMLElement>("[data-w]");
  // A mark may end between two words.
  const beside = own ?? (node?.previousSibling as HTMLElement | null);
  const word = beside?.dataset?.["w"];
  return word === undefined ? -1 : Number(word);
}

/** What a key does to what is selected. Returns whether it does anything. */
export function correctByKey(store: InterviewStore, words: Columns, event: KeyboardEvent, place: Place): boolean {
  const { editor } = store;
  const { key, shiftKey } = event;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && key.toLowerCase() === "z") {
    void editor.undo();
    return true;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (key === "Escape") {
    if (editor.range.value) editor.clear();
    else editor.toggle();
    return true;
  }
  return moveByKey(editor, words, key, shiftKey, place) || changeByKey(store, words, key);
}

function moveByKey(editor: Editor, words: Columns, key: string, extend: boolean, place: Place): boolean {
  const moves: Record<string, (at: number) => number> = {
    ArrowLeft: (at) => at - 1,
    ArrowRight: (at) => at + 1,
    ArrowUp: (at) => besideParagraph(words, at, -1),
    ArrowDown: (at) => besideParagraph(words, at, 1),
    Home: (at) => turnOf(words, at).first,
    End: (at) => turnOf(words, at).last,
  };
  const move = moves[key];
  if (!move) return false;
  const { value: focus } = editor.focus;
  editor.select(focus < 0 ? place.start() : move(focus), extend);
  place.show(editor.focus.value);
  return true;
}

function changeByKey({ editor, speakers }: InterviewStore, words: Columns, key: string): boolean {
  const { value: range } = editor.range;
  if (!range) return false;
  if (/^[1-9]$/.test(key)) {
    const speaker = [...speakers.names.value.keys()][Number(key) - 1];
    if (speaker !== undefined) void editor.assign(range, speaker);
    return true;
  }
  const changes: Record<string, () => void> = {
    Enter: () => editor.begin("replace"),
    F2: () => editor.begin("replace"),
    i: () => editor.begin("insert"),
    t: () => editor.selectRange(turnOf(words, range.first)),
    s: () => void split(editor, words),
    m: () => void join(editor, words),
    Delete: () => void editor.remove(),
    Backspace: () => void editor.remove(),
  };
  const change = changes[key];
  change?.();
  return change !== undefined;
}

/** Begins a turn with the first word that is selected. */
export async function split(editor: Editor, words: Columns): Promise<void> {
  const { value: range } = editor.range;
  if (range && canSplit(words, range.first)) await editor.apply([{ op: "split_turn", at: wordId(words, range.first) }]);
}

/** Joins the turn of the first word that is selected with the one before. */
export async function join(editor: Editor, words: Columns): Promise<void> {
  const { value: range } = editor.range;
  const at = range ? joinAt(words, range.first) : -1;
  if (at >= 0) await editor.apply([{ op: "join_turns", at: wordId(words, at) }]);
}
