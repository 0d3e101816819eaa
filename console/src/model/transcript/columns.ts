// A transcript packed by column, so that eighty thousand words come out of the worker
// that parsed them without being copied one by one.

import type { Quality, Transcript } from "../../api/client";

/** Words and how they are shown: in paragraphs of one speaker. */
export interface Columns {
  revision: number;
  /** The recognition that it is of; null for the example. */
  runId: string | null;
  durationMs: number;
  /** The ids of all words with spaces between them; empty for the example. One text is
   * copied out of the worker faster than eighty thousand. */
  ids: string;
  /** All words, with spaces between them where their scripts have any. */
  text: string;
  /** Where word `i` begins in `text`; one more entry than words. */
  offsets: Uint32Array<ArrayBuffer>;
  /** In milliseconds. */
  starts: Uint32Array<ArrayBuffer>;
  ends: Uint32Array<ArrayBuffer>;
  /** 0 to 100; 255 where the engine does not say. */
  confidence: Uint8Array<ArrayBuffer>;
  /** Speaker of word `i`. */
  speakers: Uint16Array<ArrayBuffer>;
  /** The first word of each paragraph; one more entry than paragraphs. */
  paragraphs: Uint32Array<ArrayBuffer>;
  /** The turn that a paragraph belongs to. */
  turns: Uint32Array<ArrayBuffer>;
  /** The names that the service gives. */
  names: { id: number; name: string; role: string | null }[];
  /** How far the transcript can be trusted. */
  quality: Quality | null;
}

/** The fields that are read of the API's transcript. */
export type PackedTranscript = Pick<Transcript, "revision" | "duration_ms"> & {
  run_id?: string;
  quality: Quality | null;
  speakers: Pick<Transcript["speakers"][number], "id" | "name" | "role">[];
  turns: Pick<Transcript["turns"][number], "id" | "speaker" | "start_ms">[];
  words: (Omit<Transcript["words"][number], "id" | "confidence" | "overlap"> & { confidence: number | null; id?: string })[];
};

/** Thai, Lao, Burmese, Khmer, Japanese and Chinese letters, and wide punctuation: the
 * service's `wording::joined` has the same. */
const UNSPACED =
  /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff0f\uff1a-\uff1f\u{20000}-\u{3ffff}]/u;

function spaced(left: string, right: string): boolean {
  return !(right && UNSPACED.test([...right][0]!) && UNSPACED.test([...left].at(-1)!));
}

/** A paragraph ends after so many words at the next sentence, or later anyhow. */
const SOFT = 60;
const HARD = 110;
export const UNKNOWN = 255;

export function pack(transcript: PackedTranscript): Columns {
  const { words, turns } = transcript;
  const count = words.length;
  const offsets = new Uint32Array(count + 1);
  const starts = new Uint32Array(count);
  const ends = new Uint32Array(count);
  const confidence = new Uint8Array(count);
  const speakers = new Uint16Array(count);
  const paragraphs: number[] = [];
  const turnsOf: number[] = [];
  const texts: string[] = [];
  let [turn, begun, offset] = [0, 0, 0];
  words.forEach((word, index) => {
    let ahead = turns[turn + 1];
    let next = index === 0;
    while (ahead && word.start_ms >= ahead.start_ms && word.speaker === ahead.speaker) {
      turn += 1;
      next = true;
      ahead = turns[turn + 1];
    }
    const long = index - begun;
    if (next || long >= HARD || (long >= SOFT && /[.?!…]$/.test(words[index - 1]?.text ?? ""))) {
      paragraphs.push(index);
      turnsOf.push(turns[turn]?.id ?? turn);
      begun = index;
    }
    offsets[index] = offset;
    starts[index] = word.start_ms;
    ends[index] = word.end_ms;
    speakers[index] = word.speaker;
    confidence[index] = word.confidence === null ? UNKNOWN : Math.round(word.confidence * 100);
    const text = word.text + (spaced(word.text, words[index + 1]?.text ?? "") ? " " : "");
    texts.push(text);
    offset += text.length;
  });
  offsets[count] = offset;
  paragraphs.push(count);
  return {
    revision: transcript.revision,
    runId: transcript.run_id ?? null,
    ids: words.map(({ id }) => id ?? "").join(" ").trim(),
    durationMs: transcript.duration_ms,
    text: texts.join(""),
    offsets,
    starts,
    ends,
    confidence,
    speakers,
    paragraphs: Uint32Array.from(paragraphs),
    turns: Uint32Array.from(turnsOf),
    names: transcript.speakers.map(({ id, name, role }) => ({ id, name, role: role ?? null })),
    quality: transcript.quality,
  };
}

/** The buffers that are handed over rather than copied. */
export function buffers(columns: Columns): ArrayBuffer[] {
  const { offsets, starts, ends, confidence, speakers, paragraphs, turns } = columns;
  return [offsets, starts, ends, confidence, speakers, paragraphs, turns].map(({ buffer }) => buffer);
}

/** The last entry that is not greater; -1 before the first. */
export function lastAtMost(sorted: ArrayLike<number>, value: number, length = sorted.length): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export function wordText(columns: Columns, index: number): string {
  return columns.text.slice(columns.offsets[index], columns.offsets[index + 1]).trimEnd();
}

/** Whether there is a space after a word. */
export function isSpaced(columns: Columns, index: number): boolean {
  return columns.text[columns.offsets[index + 1]! - 1] === " ";
}

/** The word that is being said, or was last. */
export function wordAt(columns: Columns, ms: number): number {
  return lastAtMost(columns.starts, ms);
}

export function paragraphOf(columns: Columns, word: number): number {
  return lastAtMost(columns.paragraphs, word, columns.paragraphs.length - 1);
}

/** A match: its first word and the word after its last. */
export type Match = readonly [number, number];

const MOST_MATCHES = 2_000;

/** In small letters, each where it was: of all letters this one alone becomes two. */
function small(text: string): string {
  return text.replaceAll("İ", "I").toLowerCase();
}

/** Where a text is found, without regard to case. */
export function find(columns: Columns, text: string): Match[] {
  const wanted = small(text.trim().replace(/\s+/g, " "));
  if (!wanted) return [];
  const all = small(columns.text);
  const matches: Match[] = [];
  for (let at = all.indexOf(wanted); at >= 0 && matches.length < MOST_MATCHES; at = all.indexOf(wanted, at + wanted.length)) {
    const first = lastAtMost(columns.offsets, at, columns.starts.length);
    const last = lastAtMost(columns.offsets, at + wanted.length - 1, columns.starts.length);
    matches.push([first, last + 1]);
  }
  return matches;
}
