import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { clock, count } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Missing } from "../Missing";
import { useOpen } from "../store";
import { type Columns, find, isSpaced, lastAtMost, type Match, paragraphOf, UNKNOWN, wordAt, wordText } from "./columns";
import { memo } from "./memo";
import { Speakers } from "./Speakers";
import { useVirtual } from "./virtual";

/** Words of which the engine is less sure than this, in per cent, are marked. */
const UNSURE = 60;
/** A jump rather than playing on, in milliseconds. */
const JUMP_MS = 1_500;
const LINE = 26;
/** The keys that scroll. */
const SCROLLING = new Set(["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]);
/** After so many frames a place is final. */
const SETTLING = 6;

export function Transcript() {
  const open = useOpen();
  const words = open.transcript.value;
  if (words) return <Text words={words} />;
  return (
    <section class="transcript" aria-label="Transcript">
      <Missing step="transcription" name="transcript" />
    </section>
  );
}

function Text({ words }: { words: Columns }) {
  const open = useOpen();
  const { player, speakers } = open;
  const scroller = useRef<HTMLDivElement>(null);
  const search = useSignal("");
  const match = useSignal(0);
  const following = useSignal(true);
  const current = useRef(-1);
  const matches = useMemo(() => find(words, search.value), [words, search.value]);
  const ends = useMemo(() => Uint32Array.from(matches, ([, end]) => end), [matches]);
  const paragraphs = words.paragraphs.length - 1;
  const names = speakers.value;

  const list = useVirtual(scroller, paragraphs, (index) => {
    const [from, to] = [words.paragraphs[index]!, words.paragraphs[index + 1]!];
    const letters = words.offsets[to]! - words.offsets[from]!;
    const perLine = Math.max(20, ((scroller.current?.clientWidth ?? 600) - 48) / 7.8);
    return Math.ceil(letters / perLine) * LINE + (opens(words, index) ? 40 : 10);
  });

  const revealing = useRef(0);
  /** Brings a word into sight, unless it is. Where it is far away, its place is known
   * only roughly until what is there has been measured. */
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
  const element = (word: number) => scroller.current?.querySelector<HTMLElement>(`[data-w="${word}"]`);
  const light = () => {
    scroller.current?.querySelector("[data-now]")?.removeAttribute("data-now");
    element(current.current)?.setAttribute("data-now", "");
  };
  // What has just been scrolled into the document may be what is being said.
  useLayoutEffect(light);

  useEffect(() => {
    let last = player.now;
    const heard = (ms: number) => {
      if (Math.abs(ms - last) > JUMP_MS) following.value = true;
      last = ms;
      const word = wordAt(words, ms);
      if (word === current.current) return;
      current.current = word;
      light();
      if (following.value && word >= 0) reveal(word);
    };
    const stop = player.hear(heard);
    // A link to a moment was followed before the words were here.
    if (last > 0) heard(last);
    return () => {
      stop();
      cancelAnimationFrame(revealing.current);
    };
  }, [words]);

  const go = (to: number) => {
    if (!matches.length) return;
    match.value = (to + matches.length) % matches.length;
    following.value = false;
    reveal(matches[match.value]![0]);
  };
  // The first match is shown as it is typed.
  const typed = useRef(false);
  useEffect(() => {
    if (typed.current) go(0);
    typed.current = false;
  }, [matches]);
  const letGo = () => {
    cancelAnimationFrame(revealing.current);
    if (player.playing.value) following.value = false;
  };

  return (
    <section class="transcript" aria-label="Transcript">
      <header>
        <label class="search">
          <Icon name="search" />
          <span class="hidden">Search in the transcript</span>
          <input
            id="search"
            type="search"
            placeholder="Search"
            value={search.value}
            onInput={(event) => {
              typed.current = true;
              search.value = event.currentTarget.value;
              match.value = 0;
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter") go(match.value + (event.shiftKey ? -1 : 1));
              if (event.key === "Escape") event.currentTarget.blur();
            }}
          />
        </label>
        {search.value && (
          <span class="found" aria-live="polite">
            {matches.length ? `${match.value + 1} of ${count(matches.length, "match", "matches")}` : "Not found"}
            <button type="button" class="bare" aria-label="Previous match" onClick={() => go(match.value - 1)}>
              ↑
            </button>
            <button type="button" class="bare" aria-label="Next match" onClick={() => go(match.value + 1)}>
              ↓
            </button>
          </span>
        )}
        <Speakers />
        {!following.value && (
          <button
            type="button"
            onClick={() => {
              following.value = true;
              if (current.current >= 0) reveal(current.current);
            }}
          >
            Follow the audio
          </button>
        )}
      </header>
      <div
        ref={scroller}
        class="scroller"
        lang={open.interview.value?.language ?? undefined}
        tabIndex={0}
        role="region"
        aria-label="Text of the transcript"
        onWheel={letGo}
        onTouchMove={letGo}
        onPointerDown={(event) => {
          // The scrollbar is nothing else's.
          if (event.target === event.currentTarget) letGo();
        }}
        onKeyDown={(event) => {
          if (SCROLLING.has(event.key)) letGo();
        }}
        onClick={(event) => {
          const word = (event.target as HTMLElement).closest<HTMLElement>("[data-w]")?.dataset["w"];
          if (word !== undefined && !getSelection()?.toString()) player.seek(words.starts[Number(word)]!);
        }}
      >
        <div role="list" style={{ height: `${list.getTotalSize()}px` }}>
          {list.getVirtualItems().map(({ index, start }) => {
            const [from, to] = [words.paragraphs[index]!, words.paragraphs[index + 1]!];
            const speaker = words.speakers[from]!;
            return (
              <div
                key={index}
                ref={(element) => list.measureElement(element)}
                data-index={index}
                role="listitem"
                aria-setsize={paragraphs}
                aria-posinset={index + 1}
                class="paragraph"
                style={{ transform: `translateY(${start}px)` }}
              >
                {opens(words, index) && (
                  <p class={`who voice-${speaker % 6}`}>
                    <b>{names.get(speaker) ?? `Speaker ${speaker + 1}`}</b>
                    <button type="button" class="at" onClick={() => void player.play(words.starts[from]!)}>
                      {clock(words.starts[from]!)}
                    </button>
                  </p>
                )}
                <Words words={words} from={from} to={to} matches={within(matches, ends, from, to)} match={matches[match.value]} />
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}

/** Whether a paragraph is the first of its turn. */
function opens(words: Columns, index: number): boolean {
  return index === 0 || words.turns[index] !== words.turns[index - 1];
}

const NONE: Match[] = [];

/** The matches that touch a paragraph; `ends` has the end of each. */
function within(matches: Match[], ends: Uint32Array, from: number, to: number): Match[] {
  const first = lastAtMost(ends, from) + 1;
  let last = first;
  while (last < matches.length && matches[last]![0] < to) last += 1;
  return last > first ? matches.slice(first, last) : NONE;
}

interface WordsProps {
  words: Columns;
  from: number;
  to: number;
  matches: Match[];
  match: Match | undefined;
}

const Words = memo(
  ({ words, from, to, matches, match }: WordsProps) => {
    const spans = [];
    for (let word = from; word < to; word += 1) {
      const sure = words.confidence[word]!;
      const unsure = sure < UNSURE && sure !== UNKNOWN;
      const hit = matches.find(([first, end]) => first <= word && word < end);
      const kind = [unsure && "unsure", hit && (hit === match ? "hit this" : "hit")].filter(Boolean).join(" ");
      spans.push(
        <span key={word} data-w={word} class={kind || undefined} title={unsure ? `${sure} % sure` : undefined}>
          {wordText(words, word)}
        </span>,
        isSpaced(words, word) && " ",
      );
    }
    return (
      <p class="words" dir="auto">
        {spans}
      </p>
    );
  },
  (before, now) =>
    before.words === now.words &&
    before.from === now.from &&
    before.matches.length === 0 &&
    now.matches.length === 0,
);
