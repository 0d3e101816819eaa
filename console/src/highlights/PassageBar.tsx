import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { highlightText as strings } from "../i18n/highlights";
import { clock } from "../lib/format";
import type { Columns } from "../model/transcript/columns";
import { type Range, rangeText, wordId } from "../model/transcript/corrections";
import type { HighlightsStore } from "../stores/interview/HighlightsStore";
import { useInterview } from "../stores/interview/InterviewStore";
import { Icon } from "../ui/Icon";
import { copyQuotation, saveClip } from "./actions";
import { partsOf, tagsOf } from "./quotation";

/** The most words that the service marks at once. */
const MOST_WORDS = 1_000;

interface Props {
  barRef: RefObject<HTMLElement | null>;
  words: Columns;
  range: Range;
  highlights: HighlightsStore;
  onAdded: () => void;
  onClose: () => void;
}

/** What can be done with the passage that is selected. */
export function PassageBar({ barRef, words, range, highlights, onAdded, onClose }: Props) {
  const store = useInterview();
  const tags = useSignal("");
  const failed = useSignal("");
  const isSaving = useSignal(false);
  const { id, title, audio } = store.interview.value!;
  const [from, until] = timesOf(words, range, audio?.duration_ms ?? null);
  const number = range.last - range.first + 1;
  const speaker = store.speakers.name(words.speakers[range.first]);
  const known = [...new Set((highlights.list.value ?? []).flatMap((own) => own.tags))].sort();

  const add = async () => {
    if (isSaving.value || number > MOST_WORDS) return;
    isSaving.value = true;
    const outcome = await highlights.add({
      from: wordId(words, range.first),
      to: wordId(words, range.last),
      text: rangeText(words, range),
      tags: tagsOf(tags.value),
      ...(words.runId && { run_id: words.runId }),
    });
    isSaving.value = false;
    if (outcome.ok) onAdded();
    else failed.value = strings.notSaved(outcome.error.message);
  };
  const copy = () => void copyQuotation({ id, title }, partsOf(words, range, (own) => store.speakers.name(own)), from);
  return (
    <section
      ref={barRef}
      class="passage-bar noprint"
      aria-label={strings.bar}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onClose();
      }}
    >
      <p class="small quiet" aria-live="polite">
        {number > MOST_WORDS ? strings.tooMany(MOST_WORDS) : strings.selected(number, speaker, clock(from))}
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        <input
          aria-label={strings.tags}
          placeholder={strings.tagsHint}
          list="highlight-tags"
          dir="auto"
          maxLength={1_000}
          value={tags.value}
          onInput={(event) => (tags.value = event.currentTarget.value)}
        />
        <datalist id="highlight-tags">
          {known.map((tag) => (
            <option key={tag} value={tag} />
          ))}
        </datalist>
        <button type="submit" class="primary" disabled={number > MOST_WORDS || isSaving.value}>
          {strings.add}
        </button>
      </form>
      {failed.value && (
        <p class="bad small" role="alert">
          {failed.value}
        </p>
      )}
      <div class="buttons">
        <button type="button" onClick={copy}>
          {strings.copy}
        </button>
        {audio?.duration_ms != null &&
          (["wav", "m4a"] as const).map((format) => (
            <button key={format} type="button" onClick={() => void saveClip({ id, title }, from, until, format)}>
              <Icon name="download" /> {strings[format]}
            </button>
          ))}
        <button type="button" class="bare" aria-label={strings.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
    </section>
  );
}

/** When a passage begins and ends, in milliseconds, within the recording. */
function timesOf(words: Columns, { first, last }: Range, durationMs: number | null): [number, number] {
  let until = 0;
  for (let at = first; at <= last; at += 1) until = Math.max(until, words.ends[at]!);
  const from = words.starts[first]!;
  const end = Math.max(until, from + 1);
  return durationMs === null ? [from, end] : [Math.min(from, durationMs - 1), Math.min(end, durationMs)];
}
