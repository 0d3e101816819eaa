// The transcript follows playback: the word that is played is marked and kept in view.

import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { type Columns, paragraphOf, wordAt } from "../../model/transcript/columns";
import { useInterview } from "../../stores/interview/InterviewStore";
import type { List } from "./virtual";

/** A jump rather than playing on, in milliseconds. */
const JUMP_MS = 1_500;
/** Room below a word, in pixels. */
const LINE = 28;
/** After so many frames a place is final. */
const SETTLING = 6;

interface Following {
  /** Whether the text moves with playback. */
  following: Signal<boolean>;
  /** The word that is played, or was last; -1 before the first. */
  current: RefObject<number>;
  /** Brings a word into view. */
  reveal: (word: number) => void;
  /** Stops following, because the user scrolls. */
  letGo: () => void;
}

export function useFollowing(words: Columns, list: List, scroller: RefObject<HTMLElement | null>): Following {
  const { player } = useInterview();
  const following = useSignal(true);
  const current = useRef(-1);
  const revealing = useRef(0);
  const element = (word: number) => scroller.current?.querySelector<HTMLElement>(`[data-w="${word}"]`);

  /** Where a word is far away, its place is known only roughly until what is there has
   * been measured. */
  const reveal = (word: number) => {
    cancelAnimationFrame(revealing.current);
    let frames = 0;
    const settle = () => {
      const box = scroller.current;
      const shown = element(word)?.getBoundingClientRect();
      if (!box) return;
      const { top, height } = box.getBoundingClientRect();
      // Not by `scrollToIndex`, which would go on with a place of its own.
      if (!shown) box.scrollTop = list.getOffsetForIndex(paragraphOf(words, word), "center")?.[0] ?? 0;
      else if (shown.top < top + 8 || shown.bottom > top + height - LINE) {
        box.scrollTop += shown.top - top - height / 2;
      }
      frames += 1;
      if (frames < SETTLING) revealing.current = requestAnimationFrame(settle);
    };
    settle();
  };
  const light = () => {
    scroller.current?.querySelector("[data-now]")?.removeAttribute("data-now");
    element(current.current)?.setAttribute("data-now", "");
  };
  // What has just been scrolled into the document may be what is played.
  useLayoutEffect(light);

  useEffect(() => {
    let last = player.now;
    const follow = (ms: number) => {
      if (Math.abs(ms - last) > JUMP_MS) following.value = true;
      last = ms;
      const word = wordAt(words, ms);
      if (word === current.current) return;
      current.current = word;
      light();
      if (following.value && word >= 0) reveal(word);
    };
    const stop = player.onPosition(follow);
    // A link to a moment was followed before the words were here.
    if (last > 0) follow(last);
    return () => {
      stop();
      cancelAnimationFrame(revealing.current);
    };
  }, [words, player]);

  const letGo = () => {
    cancelAnimationFrame(revealing.current);
    if (player.playing.value) following.value = false;
  };
  return { following, current, reveal, letGo };
}
