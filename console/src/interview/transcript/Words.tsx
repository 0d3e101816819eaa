import { text } from "../../i18n/en";
import { type Columns, isSpaced, type Match, UNKNOWN, wordText } from "../../model/transcript/columns";
import { memo } from "./memo";

/** Words of which the engine is less sure than this, in per cent, are marked. */
const UNSURE = 40;

interface Props {
  words: Columns;
  from: number;
  to: number;
  matches: Match[];
  match: Match | undefined;
}

/** The words of a paragraph, those that were searched for and uncertain ones marked. */
export const Words = memo(
  ({ words, from, to, matches, match }: Props) => {
    const spans = [];
    for (let word = from; word < to; word += 1) {
      const sure = words.confidence[word]!;
      const unsure = sure < UNSURE && sure !== UNKNOWN;
      const hit = matches.find(([first, end]) => first <= word && word < end);
      const kind = [unsure && "unsure", hit && (hit === match ? "hit this" : "hit")].filter(Boolean).join(" ");
      spans.push(
        <span key={word} data-w={word} class={kind || undefined} title={unsure ? text.transcript.sure(sure) : undefined}>
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
