// Marking a passage of the transcript: what is highlighted already, and what can be done with
// what is selected.

import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { highlightText } from "../i18n/highlights";
import { listenToKeys } from "../lib/keys";
import { Scope } from "../lib/scope";
import { type Columns, wordAt } from "../model/transcript/columns";
import { placeOf, type Range } from "../model/transcript/corrections";
import { highlightsOf } from "../stores/interview/HighlightsStore";
import { useInterview } from "../stores/interview/InterviewStore";
import { toast } from "../ui/toasts";
import { PassageBar } from "./PassageBar";
import { followSelection, moved, placeBeside, rangeOf, type Selected } from "./selection";

interface Props {
  words: Columns;
  /** What the words are in. */
  scroller: RefObject<HTMLElement | null>;
  /** The paragraphs that are drawn: what comes into sight is painted. */
  drawn: string;
  /** Brings a word into sight. */
  show: (word: number) => void;
}

export function Marking({ words, scroller, drawn, show }: Props) {
  const store = useInterview();
  const highlights = highlightsOf(store);
  const selected = useSignal<Selected | null>(null);
  const bar = useRef<HTMLElement>(null);
  useEffect(() => highlights.start(), [highlights]);
  const { value: all } = highlights.list;
  const mask = useMemo(() => maskOf(words, all ?? []), [words, all]);
  const range = selected.value && rangeOf(selected.value);
  usePaint(scroller, mask, range);

  // Of other words than those that were selected.
  useEffect(() => () => void (selected.value = null), [words]);
  useEffect(() => {
    const isHeld = () => bar.current?.contains(document.activeElement) ?? false;
    return scroller.current ? followSelection(scroller.current, selected, isHeld) : undefined;
  }, [words]);
  useEffect(() => {
    const scope = new Scope();
    const field = () => bar.current?.querySelector<HTMLElement>("input")?.focus();
    const put = (next: Selected) => {
      selected.value = next;
      show(next.focus);
    };
    listenToKeys(scope, {
      h() {
        if (selected.value) return field();
        const at = Math.max(0, wordAt(words, store.player.now));
        scroller.current?.focus({ preventScroll: true });
        put({ anchor: at, focus: at, byKeys: true });
      },
    });
    // Before the keys that scroll the text, or seek.
    const onKey = (event: KeyboardEvent) => {
      const { value: current } = selected;
      const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
      if (!current || !isPlain || event.target !== scroller.current) return;
      const next = current.byKeys ? moved(words, current, event.key, event.shiftKey) : null;
      if (next) put(next);
      else if (event.key === "Enter") field();
      else if (event.key === "Escape") selected.value = null;
      else return;
      event.preventDefault();
      event.stopPropagation();
    };
    scroller.current?.addEventListener("keydown", onKey, { capture: true, signal: scope.signal });
    return () => scope.dispose();
  }, [words]);
  useLayoutEffect(() => {
    const [scope, place] = [new Scope(), () => range && bar.current && placeBeside(scroller, bar.current, range)];
    place();
    if (range) {
      scope.listen(window, "resize", place);
      scroller.current?.addEventListener("scroll", place, { signal: scope.signal });
    }
    return () => scope.dispose();
  }, [range?.first, range?.last, drawn]);

  if (!range) return null;
  const close = () => {
    selected.value = null;
    getSelection()?.removeAllRanges();
    scroller.current?.focus({ preventScroll: true });
  };
  return (
    <PassageBar
      key={`${range.first}-${range.last}`}
      barRef={bar}
      words={words}
      range={range}
      highlights={highlights}
      onAdded={() => {
        close();
        toast(highlightText.added);
      }}
      onClose={close}
    />
  );
}

/** For each word whether it is in a highlight. */
function maskOf(words: Columns, highlights: { from: string; to: string; is_shown: boolean; state: string }[]): Uint8Array {
  const mask = new Uint8Array(words.starts.length);
  for (const { from, to, is_shown, state } of highlights) {
    const [first, last] = [placeOf(words, from), placeOf(words, to)];
    if (is_shown && state !== "gone" && first >= 0 && last >= 0) mask.fill(1, first, last + 1);
  }
  return mask;
}

/** Marks what is in the document: what has just been scrolled into it, too. */
function usePaint(scroller: RefObject<HTMLElement | null>, mask: Uint8Array, range: Range | null): void {
  const paint = (mask: Uint8Array, range: Range | null) => {
    for (const word of scroller.current?.querySelectorAll<HTMLElement>("[data-w]") ?? []) {
      const at = Number(word.dataset["w"]);
      word.toggleAttribute("data-marked", mask[at] === 1);
      word.toggleAttribute("data-marking", range !== null && at >= range.first && at <= range.last);
    }
  };
  useLayoutEffect(() => paint(mask, range));
  useLayoutEffect(() => () => paint(new Uint8Array(0), null), []);
}
