import { useRef } from "preact/hooks";
import { text as strings } from "../../i18n/en";
import { interviewText } from "../../i18n/interview";
import { clock } from "../../lib/format";
import { type Columns, lastAtMost, type Match } from "../../model/transcript/columns";
import { turnOf } from "../../model/transcript/corrections";
import { useInterview } from "../../stores/interview/InterviewStore";
import { Icon } from "../../ui/Icon";
import { lazyPart } from "../../ui/lazy";
import { Pane } from "../Pane";
import { correctByKey, selectByMouse, useMarks } from "./editing";
import { useFollowing } from "./following";
import { SearchBar } from "./SearchBar";
import { useSearch } from "./searching";
import { Speakers } from "./Speakers";
import { type List, useVirtual } from "./virtual";
import { Words } from "./Words";

/** The tools are loaded when correcting begins. */
const CorrectBar = lazyPart(async () => (await import("./CorrectBar")).CorrectBar);

/** What can be done with a passage is loaded beside the text. */
const Marking = lazyPart(async () => (await import("../../highlights/Marking")).Marking);

/** What a line has, in pixels: its height, the mean width of a letter, its own width. */
const LINE = 28;
const LETTER = 8.8;
const WIDEST = 700;
/** The keys that scroll. */
const SCROLLING = new Set(["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]);
export function Transcript() {
  const store = useInterview();
  return (
    <section class="transcript" aria-label={strings.transcript.region}>
      <Pane resource={store.transcript} step="transcription" name={strings.part.names.transcript}>
        {(words) => <Text words={words} />}
      </Pane>
    </section>
  );
}

function Text({ words }: { words: Columns }) {
  const store = useInterview();
  const { player, editor } = store;
  const isEditing = editor.isOn.value && !store.isReadOnly;
  const scroller = useRef<HTMLDivElement>(null);
  const list = useVirtual(scroller, words.paragraphs.length - 1, (index) =>
    estimatedHeight(words, index, scroller.current?.clientWidth ?? 600),
  );
  const { following, current, reveal, letGo } = useFollowing(words, list, scroller);
  useMarks(scroller, isEditing ? editor.range.value : null);
  const place = {
    start: () => Math.max(0, current.current),
    show: (word: number) => {
      player.seek(words.starts[word]!);
      following.value = false;
      reveal(word);
    },
  };
  const follow = () => {
    following.value = true;
    if (current.current >= 0) reveal(current.current);
  };
  /** The text has the focus again, where it was. */
  const refocus = () => scroller.current?.focus({ preventScroll: true });
  const { search, matches, ends, match, look, go } = useSearch(words, (word) => {
    following.value = false;
    reveal(word);
  });

  return (
    <>
      <header class="noprint">
        <SearchBar
          search={search}
          at={match.value}
          all={matches.length}
          onSearch={look}
          onGo={(by) => go(match.value + by)}
        />
        <Speakers />
        {!following.value && (
          <button type="button" onClick={follow}>
            {strings.transcript.follow}
          </button>
        )}
        {!store.isReadOnly && <CorrectSwitch onStart={refocus} />}
      </header>
      {isEditing && <CorrectBar words={words} onDone={refocus} />}
      <div
        ref={scroller}
        class={`scroller ${isEditing ? "editing-words" : ""}`}
        lang={store.interview.value?.language ?? undefined}
        tabIndex={0}
        role="region"
        aria-label={strings.transcript.text}
        onWheel={letGo}
        onTouchMove={letGo}
        onPointerDown={(event) => {
          // The scrollbar is nothing else's.
          if (event.target === event.currentTarget) letGo();
        }}
        onKeyDown={(event) => {
          const isOwn = isEditing && event.target === event.currentTarget;
          if (isOwn && correctByKey(store, words, event, place)) {
            event.preventDefault();
            event.stopPropagation();
            return;
          }
          if (SCROLLING.has(event.key)) letGo();
        }}
        onDblClick={() => {
          if (isEditing) editor.begin("replace");
        }}
        onClick={(event) => {
          if (isEditing) return selectByMouse(editor, event, place);
          const word = (event.target as HTMLElement).closest<HTMLElement>("[data-w]")?.dataset["w"];
          if (word !== undefined && !getSelection()?.toString()) player.seek(words.starts[Number(word)]!);
        }}
      >
        <Paragraphs
          words={words}
          list={list}
          matches={matches}
          ends={ends}
          match={matches[match.value]}
          onSelect={isEditing ? refocus : null}
        />
      </div>
      {!store.isReadOnly && !isEditing && (
        <Marking words={words} scroller={scroller} show={place.show} drawn={drawn(list)} />
      )}
    </>
  );
}

/** The paragraphs that are in the document. */
function drawn(list: List): string {
  return list
    .getVirtualItems()
    .map(({ index }) => index)
    .join();
}

interface ParagraphsProps extends Omit<ParagraphProps, "index"> {
  list: List;
}

/** What is in view of the text. */
function Paragraphs({ list, ...props }: ParagraphsProps) {
  const paragraphs = props.words.paragraphs.length - 1;
  return (
    <div role="list" style={{ height: `${list.getTotalSize()}px` }}>
      {list.getVirtualItems().map(({ index, start }) => (
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
          <Paragraph index={index} {...props} />
        </div>
      ))}
    </div>
  );
}

interface ParagraphProps {
  words: Columns;
  index: number;
  matches: Match[];
  /** The end of each match. */
  ends: Uint32Array;
  /** The match that is shown. */
  match: Match | undefined;
  /** Called once a turn is selected for a correction; null unless the text is corrected. */
  onSelect: (() => void) | null;
}

/** Begins and ends correcting. */
function CorrectSwitch({ onStart }: { onStart: () => void }) {
  const { editor } = useInterview();
  const isOn = editor.isOn.value;
  return (
    <button
      type="button"
      class="correcting"
      aria-pressed={isOn}
      onClick={() => {
        editor.toggle();
        if (editor.isOn.value) onStart();
      }}
    >
      <Icon name={isOn ? "check" : "edit"} /> {isOn ? interviewText.correct.stop : interviewText.correct.start}
    </button>
  );
}

function Paragraph({ words, index, matches, ends, match, onSelect }: ParagraphProps) {
  const { player, speakers, editor } = useInterview();
  const [from, to] = [words.paragraphs[index]!, words.paragraphs[index + 1]!];
  const [speaker, at] = [words.speakers[from]!, words.starts[from]!];
  return (
    <>
      {opens(words, index) && (
        <p class={`who voice-${speaker % 6}`}>
          <b>{speakers.name(speaker)}</b>
          {onSelect && (
            <button
              type="button"
              class="at"
              aria-label={interviewText.correct.turnOf(speakers.name(speaker), clock(at))}
              onClick={(event) => {
                event.stopPropagation();
                editor.selectRange(turnOf(words, from));
                onSelect();
              }}
            >
              {interviewText.correct.turn}
            </button>
          )}
          <button type="button" class="at" onClick={() => void player.play(at)}>
            {clock(at)}
          </button>
        </p>
      )}
      <Words words={words} from={from} to={to} matches={within(matches, ends, from, to)} match={match} />
    </>
  );
}

/** The height of a paragraph in a scroller of that width, in pixels, before it is measured. */
function estimatedHeight(words: Columns, index: number, width: number): number {
  const [from, to] = [words.paragraphs[index]!, words.paragraphs[index + 1]!];
  const letters = words.offsets[to]! - words.offsets[from]!;
  const perLine = Math.max(20, Math.min(width - 48, WIDEST) / LETTER);
  return Math.ceil(letters / perLine) * LINE + (opens(words, index) ? 40 : 10);
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
