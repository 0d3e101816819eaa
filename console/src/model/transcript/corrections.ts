// Corrections of a transcript: words by their ids, ranges of words, and the operations
// that the service takes.

import type { Operation } from "../../api/client";
import { type Columns, find, type Match, paragraphOf } from "./columns";

/** Words from the first to the last one, by their place. */
export interface Range {
  first: number;
  last: number;
}

/** The most operations that the service takes at once. */
export const MOST_OPERATIONS = 2_000;

interface Ids {
  all: string[];
  places: Map<string, number>;
}

const known = new WeakMap<Columns, Ids>();

function idsOf(words: Columns): Ids {
  let ids = known.get(words);
  if (!ids) {
    const all = words.ids ? words.ids.split(" ") : [];
    ids = { all, places: new Map(all.map((id, place) => [id, place])) };
    known.set(words, ids);
  }
  return ids;
}

/** The number of words. */
export function countOf(words: Columns): number {
  return words.starts.length;
}

/** The id of a word; empty where words have none. */
export function wordId(words: Columns, place: number): string {
  return idsOf(words).all[place] ?? "";
}

/** Where a word is; -1 where it is no more. */
export function placeOf(words: Columns, id: string): number {
  return idsOf(words).places.get(id) ?? -1;
}

/** The words of a range as they are read. */
export function rangeText(words: Columns, { first, last }: Range): string {
  return words.text.slice(words.offsets[first], words.offsets[last + 1]).trim();
}

/** All words of the turn that a word is in. */
export function turnOf(words: Columns, place: number): Range {
  let from = paragraphOf(words, place);
  let to = from;
  while (from > 0 && words.turns[from - 1] === words.turns[from]) from -= 1;
  while (to + 1 < words.turns.length && words.turns[to + 1] === words.turns[to]) to += 1;
  return { first: words.paragraphs[from]!, last: words.paragraphs[to + 1]! - 1 };
}

/** A range within the words that there are. */
export function clipped(words: Columns, { first, last }: Range): Range | null {
  const most = countOf(words) - 1;
  if (most < 0) return null;
  const from = Math.min(Math.max(first, 0), most);
  return { first: from, last: Math.min(Math.max(last, from), most) };
}

/** The number of words of a text, as far as spaces part them. */
export function wordsIn(text: string): number {
  return text.trim() ? text.trim().split(/\s+/).length : 0;
}

/** Puts a text in place of a range; without a text the words are deleted. Null where
 * nothing changes. */
export function replacing(words: Columns, range: Range, text: string): Operation | null {
  const wanted = text.trim().replace(/\s+/g, " ");
  if (wanted === rangeText(words, range)) return null;
  const ids = { from: wordId(words, range.first), to: wordId(words, range.last) };
  return wanted ? { op: "replace_words", ...ids, text: wanted } : { op: "delete_words", ...ids };
}

export function assigning(words: Columns, range: Range, speaker: number): Operation {
  return { op: "assign_speaker", from: wordId(words, range.first), to: wordId(words, range.last), speaker };
}

/** Whether a word can begin a turn: it does not yet. */
export function canSplit(words: Columns, place: number): boolean {
  return place > 0 && turnOf(words, place).first !== place;
}

/** The first word of a turn that can be joined with the one before, of the same speaker;
 * -1 where it cannot. */
export function joinAt(words: Columns, place: number): number {
  const { first } = turnOf(words, place);
  return first > 0 && words.speakers[first - 1] === words.speakers[first] ? first : -1;
}

/** The ids of words that operations name. */
function namedBy(operation: Operation): string[] {
  switch (operation.op) {
    case "insert_words":
      return operation.after == null ? [] : [operation.after];
    case "split_turn":
    case "join_turns":
      return [operation.at];
    case "merge_speakers":
      return [];
    default:
      return [operation.from, operation.to];
  }
}

/** Whether all words and speakers that operations name are still there, in their order. */
export function stillFits(words: Columns, operations: Operation[]): boolean {
  return operations.every((operation) => {
    if (operation.op === "merge_speakers") {
      return [operation.from, operation.into].every((speaker) => words.names.some(({ id }) => id === speaker));
    }
    const places = namedBy(operation).map((id) => placeOf(words, id));
    return places.every((place) => place >= 0) && (places[0] ?? 0) <= (places[1] ?? Infinity);
  });
}

/** The words that an operation is about, as they are now; null where they are gone. */
export function rangeOf(words: Columns, operation: Operation): Range | null {
  const places = namedBy(operation).map((id) => placeOf(words, id));
  if (!places.length || places.some((place) => place < 0)) return null;
  return { first: places[0]!, last: places.at(-1)! };
}

const LETTER = /[\p{L}\p{N}\p{M}]/u;

/** Whether a part of a text is a word by itself: neither a letter nor a digit beside it. */
function standsAlone(text: string, from: number, to: number): boolean {
  const before = [...text.slice(Math.max(0, from - 2), from)].at(-1) ?? "";
  const after = [...text.slice(to, to + 2)][0] ?? "";
  return !(LETTER.test(before) && LETTER.test(text[from] ?? "")) && !(LETTER.test(after) && LETTER.test(text[to - 1] ?? ""));
}

export interface Replacement {
  operations: Operation[];
  /** The number of places. */
  places: number;
}

/** Puts a text in place of another one wherever that is said, without regard to case. */
export function replacingAll(words: Columns, wanted: string, by: string, wholeWords: boolean): Replacement {
  const sought = wanted.trim().replace(/\s+/g, " ");
  const operations: Operation[] = [];
  let places = 0;
  for (const [first, end] of joined(find(words, sought))) {
    if (operations.length === MOST_OPERATIONS) break;
    const range = { first, last: end - 1 };
    const { text, count } = replacedIn(rangeText(words, range), sought, by.trim(), wholeWords);
    const operation = count ? replacing(words, range, text) : null;
    if (!operation) continue;
    operations.push(operation);
    places += count;
  }
  return { operations, places };
}

/** Matches that share words as one. */
function joined(matches: Match[]): Match[] {
  const all: [number, number][] = [];
  for (const [first, end] of matches) {
    const before = all.at(-1);
    if (before && first < before[1]) before[1] = Math.max(before[1], end);
    else all.push([first, end]);
  }
  return all;
}

function replacedIn(text: string, sought: string, by: string, wholeWords: boolean): { text: string; count: number } {
  const small = text.replaceAll("İ", "I").toLowerCase();
  const wanted = sought.replaceAll("İ", "I").toLowerCase();
  const parts: string[] = [];
  let [from, count] = [0, 0];
  for (let at = small.indexOf(wanted); at >= 0; at = small.indexOf(wanted, at + wanted.length)) {
    if (wholeWords && !standsAlone(text, at, at + wanted.length)) continue;
    parts.push(text.slice(from, at), by);
    from = at + wanted.length;
    count += 1;
  }
  return { text: parts.join("") + text.slice(from), count };
}

/** The range that a change leaves selected: the new words, or the word after deleted ones. */
export function after(words: Columns, place: number, count: number): Range | null {
  return clipped(words, { first: place, last: place + Math.max(count, 1) - 1 });
}

/** The word at the end of the line above or below is not known to the model: the same word
 * of the paragraph beside, or its last one. */
export function besideParagraph(words: Columns, place: number, by: 1 | -1): number {
  const paragraph = paragraphOf(words, place);
  const beside = Math.min(Math.max(paragraph + by, 0), words.paragraphs.length - 2);
  if (beside === paragraph) return by > 0 ? words.paragraphs[paragraph + 1]! - 1 : words.paragraphs[paragraph]!;
  const from = words.paragraphs[beside]!;
  return Math.min(from + (place - words.paragraphs[paragraph]!), words.paragraphs[beside + 1]! - 1);
}

