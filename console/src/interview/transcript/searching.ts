// The search in the text of a transcript, which is part of the address.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { route, setParams } from "../../app/routes";
import { type Columns, find, type Match } from "../../model/transcript/columns";
import { useInterview } from "../../stores/interview/InterviewStore";

interface Search {
  /** What is searched for. */
  search: string;
  matches: Match[];
  /** The end of each match. */
  ends: Uint32Array;
  /** The place of the match that is shown. */
  match: Signal<number>;
  /** Searches for something else. */
  look: (wanted: string) => void;
  /** Shows a match; behind the last one comes the first. */
  go: (to: number) => void;
}

/** `show` brings a word into view. */
export function useSearch(words: Columns, show: (word: number) => void): Search {
  const { player } = useInterview();
  const search = route.value.view === "interview" ? route.value.find : "";
  const match = useSignal(0);
  const matches = useMemo(() => find(words, search), [words, search]);
  const ends = useMemo(() => Uint32Array.from(matches, ([, end]) => end), [matches]);
  const go = (to: number) => {
    if (!matches.length) return;
    match.value = (to + matches.length) % matches.length;
    show(matches[match.value]![0]);
  };
  // The first match is shown as it is typed, and where the address has a search alone.
  const typed = useRef(search !== "" && player.now === 0);
  useEffect(() => {
    if (typed.current) go(0);
    typed.current = false;
  }, [matches]);
  const look = (wanted: string) => {
    typed.current = true;
    match.value = 0;
    setParams({ find: wanted });
  };
  return { search, matches, ends, match, look, go };
}
