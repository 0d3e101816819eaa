// Which words of the transcript are selected: by the mouse or a finger, or by keys.

import type { Signal } from "@preact/signals";
import type { RefObject } from "preact";
import { wordOf } from "../interview/transcript/editing";
import { Scope } from "../lib/scope";
import type { Columns } from "../model/transcript/columns";
import { besideParagraph, clipped, type Range, turnOf } from "../model/transcript/corrections";

/** The words from one end to the other, in the order of selecting. */
export interface Selected {
  anchor: number;
  focus: number;
  /** Whether keys move its end: it stays when the document's own selection goes. */
  byKeys: boolean;
}

export function rangeOf({ anchor, focus }: Selected): Range {
  return { first: Math.min(anchor, focus), last: Math.max(anchor, focus) };
}

/** The words of the document's selection, if it lies in `text`. */
function marked(text: HTMLElement): Selected | null {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
  const { startContainer, endContainer, endOffset } = selection.getRangeAt(0);
  if (!text.contains(startContainer) || !text.contains(endContainer)) return null;
  const anchor = wordOf(startContainer);
  const end = wordOf(endContainer);
  if (anchor < 0 || end < 0) return null;
  // It ends before the first letter of that word.
  const isBefore = endOffset === 0 && end > anchor && isWord(endContainer);
  return { anchor, focus: isBefore ? end - 1 : end, byKeys: false };
}

function isWord(node: Node): boolean {
  const element = node instanceof Element ? node : node.parentElement;
  return element?.closest("[data-w]") != null;
}

/** Follows the document's selection; `isHeld` says whether another part of the page has taken
 * it over for the passage. */
export function followSelection(
  text: HTMLElement,
  selected: Signal<Selected | null>,
  isHeld: () => boolean,
): () => void {
  const scope = new Scope();
  let isDown = false;
  const read = () => {
    if (isDown || isHeld()) return;
    const found = marked(text);
    if (found) selected.value = found;
    else if (!selected.peek()?.byKeys) selected.value = null;
  };
  const release = () => {
    isDown = false;
    read();
  };
  scope.listen(document, "selectionchange", read);
  scope.listen(text, "pointerdown", () => (isDown = true));
  scope.listen(document, "pointerup", release);
  scope.listen(document, "pointercancel", release);
  return () => scope.dispose();
}

/** What an arrow key makes of a selection; null for another key. */
export function moved(words: Columns, { anchor, focus }: Selected, key: string, extend: boolean): Selected | null {
  const moves: Record<string, () => number> = {
    ArrowLeft: () => focus - 1,
    ArrowRight: () => focus + 1,
    ArrowUp: () => besideParagraph(words, focus, -1),
    ArrowDown: () => besideParagraph(words, focus, 1),
    Home: () => turnOf(words, focus).first,
    End: () => turnOf(words, focus).last,
  };
  const to = moves[key]?.();
  const place = to === undefined ? null : clipped(words, { first: to, last: to });
  if (!place) return null;
  return { anchor: extend ? anchor : place.first, focus: place.first, byKeys: true };
}

/** Where the passage is on the screen: below its last word that is drawn, or above. */
export function placeBeside(text: RefObject<HTMLElement | null>, bar: HTMLElement, { last }: Range): void {
  const frame = text.current?.getBoundingClientRect();
  if (!frame) return;
  const word = text.current?.querySelector(`[data-w="${last}"]`)?.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = bar;
  const isSeen = word && word.bottom > frame.top && word.top < frame.bottom;
  const dock = document.querySelector(".dock")?.getBoundingClientRect().top ?? innerHeight;
  const bottom = Math.min(dock, innerHeight) - GAP;
  // Out of sight it stays at the end of the text.
  let top = isSeen ? word.bottom + GAP : frame.bottom - height - GAP;
  if (isSeen && top + height > bottom) top = word.top - height - GAP;
  const left = Math.min(Math.max(isSeen ? word.left : frame.left, frame.left), frame.right - width);
  bar.style.top = `${Math.max(GAP, Math.min(top, bottom - height))}px`;
  bar.style.left = `${Math.max(GAP, left)}px`;
}

/** Between the words and what stands beside them, in pixels. */
const GAP = 8;
