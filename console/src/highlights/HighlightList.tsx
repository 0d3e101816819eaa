import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Highlight } from "../api/client";
import { highlightText as strings } from "../i18n/highlights";
import { Pane } from "../interview/Pane";
import { clock } from "../lib/format";
import { placeOf } from "../model/transcript/corrections";
import { highlightsOf } from "../stores/interview/HighlightsStore";
import { type InterviewStore, useInterview } from "../stores/interview/InterviewStore";
import { focusBeside } from "../ui/focus";
import { Icon } from "../ui/Icon";
import { InlineEdit } from "../ui/InlineEdit";
import { lazyPart } from "../ui/lazy";
import { Menu } from "../ui/Menu";
import { copyQuotation, saveClip } from "./actions";
import { partsOf, type Said, shortened, tagsOf } from "./quotation";

const ShareDialog = lazyPart(async () => (await import("../interview/ShareDialog")).ShareDialog);

/** The highlights of the interview, below its notes. */
export function HighlightList() {
  const store = useInterview();
  const highlights = highlightsOf(store);
  useEffect(() => highlights.start(), [highlights]);
  // There is nothing to highlight yet.
  if (!store.transcript.value) return null;
  return (
    <section class="highlights" aria-labelledby="highlights-title">
      <h2 id="highlights-title" tabIndex={-1}>
        {strings.title}
      </h2>
      <Pane resource={highlights.list} name={strings.name}>
        {(all) => <Rows all={all} />}
      </Pane>
    </section>
  );
}

function Rows({ all }: { all: Highlight[] }) {
  const [before, after] = strings.none;
  if (!all.length) {
    return (
      <p class="quiet">
        {before}
        <kbd>H</kbd>
        {after}
      </p>
    );
  }
  return (
    <ul class="plain" aria-label={strings.title}>
      {all.map((highlight) => (
        <Row key={highlight.id} highlight={highlight} />
      ))}
    </ul>
  );
}

/** What a person should know of where the words are. */
export function stateOf({ is_shown, state }: Pick<Highlight, "is_shown" | "state">): string {
  if (state === "gone") return strings.gone;
  if (!is_shown) return strings.otherRun;
  return state === "corrected" ? strings.corrected : "";
}

/** Who says what in a highlight, as far as its words are those that are shown. */
function saidIn(store: InterviewStore, { from, to, is_shown, state, text, speaker_name }: Highlight): Said[] {
  const words = store.transcript.value;
  const [first, last] = words ? [placeOf(words, from), placeOf(words, to)] : [-1, -1];
  if (!words || !is_shown || state === "gone" || first < 0 || last < 0) return [{ speaker: speaker_name, text }];
  return partsOf(words, { first, last }, (speaker) => store.speakers.name(speaker));
}

function Row({ highlight }: { highlight: Highlight }) {
  const store = useInterview();
  const highlights = highlightsOf(store);
  const failed = useSignal("");
  const isSharing = useSignal(false);
  const { text, tags, start_ms, end_ms, speaker_name } = highlight;
  const { id, title, audio } = store.interview.value!;
  const quote = shortened(text);
  const state = stateOf(highlight);
  const remove = async (button: HTMLElement) => {
    focusBeside(button, () => document.querySelector<HTMLElement>("#highlights-title"));
    const outcome = await highlights.remove(highlight);
    if (!outcome.ok) failed.value = strings.notDeleted(outcome.error.message);
  };
  const clip = (format: "wav" | "m4a") => () => void saveClip({ id, title }, start_ms, Math.max(end_ms, start_ms + 1), format);
  return (
    <li class="note">
      <button type="button" class="at" aria-label={strings.play(clock(start_ms))} onClick={() => void store.player.play(start_ms, end_ms)}>
        {clock(start_ms)}
      </button>
      <span class="text" dir="auto">
        <q>{text}</q> <span class="quiet small">{speaker_name}</span>
        {state && <span class="quiet small"> · {state}</span>}
      </span>
      <span class="buttons">
        <InlineEdit
          value={tags.join(", ")}
          label={strings.tags}
          edit={strings.changeTags(quote)}
          maxLength={1_000}
          allowEmpty
          save={(written) => highlights.change(highlight, tagsOf(written))}
        >
          {tags.map((tag) => (
            <span key={tag} class="tag small" dir="auto">
              {tag}
            </span>
          ))}
        </InlineEdit>
        <button
          type="button"
          class="bare"
          aria-label={strings.copyOf(quote)}
          onClick={() => void copyQuotation({ id, title }, saidIn(store, highlight), start_ms)}
        >
          {strings.copyShort}
        </button>
        {audio?.duration_ms != null && (
          <Menu
            label={
              <>
                <Icon name="download" /> {strings.audioOf}
              </>
            }
            items={[
              { key: "wav", name: strings.wav, run: clip("wav") },
              { key: "m4a", name: strings.m4a, run: clip("m4a") },
            ]}
          />
        )}
        {highlight.state !== "gone" && (
          <button type="button" class="bare" aria-haspopup="dialog" aria-label={strings.shareOf(quote)} onClick={() => (isSharing.value = true)}>
            {strings.share}
          </button>
        )}
        {isSharing.value && <ShareDialog highlight={highlight.id} onClose={() => (isSharing.value = false)} />}
        <button type="button" class="bare" aria-label={strings.delete(quote)} onClick={(event) => void remove(event.currentTarget)}>
          <Icon name="trash" />
        </button>
      </span>
      {failed.value && (
        <span class="bad small" role="alert">
          {failed.value}
        </span>
      )}
    </li>
  );
}
