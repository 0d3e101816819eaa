// A passage as it is quoted: the words, who says them, where and when, and the link.

import { LOCALE } from "../i18n/locale";
import { clock } from "../lib/format";
import type { Columns } from "../model/transcript/columns";
import { type Range, rangeText } from "../model/transcript/corrections";

/** What one speaker says. */
export interface Said {
  speaker: string;
  text: string;
}

/** The passage in parts of one speaker each. */
export function partsOf(words: Columns, { first, last }: Range, name: (speaker: number) => string): Said[] {
  const parts: Said[] = [];
  let from = first;
  for (let at = first; at <= last; at += 1) {
    if (at < last && words.speakers[at + 1] === words.speakers[from]) continue;
    parts.push({ speaker: name(words.speakers[from]!), text: rangeText(words, { first: from, last: at }) });
    from = at + 1;
  }
  return parts;
}

/** The quotation as text. `at` is in milliseconds. */
export function quotation(parts: Said[], title: string, at: number, link: string): string {
  const [only] = parts;
  const source = `${title}, ${clock(at)}, ${link}`;
  if (parts.length === 1 && only) return `“${only.text}” — ${only.speaker}, ${source}`;
  return [...parts.map(({ speaker, text }) => `${speaker}: “${text}”`), `— ${source}`].join("\n");
}

/** A text that is short enough to name a button. */
export function shortened(text: string, most = 60): string {
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("").trimEnd()}…` : text;
}

/** The tags that a person has written with commas between them. */
export function tagsOf(written: string): string[] {
  const seen = new Set<string>();
  return written
    .split(",")
    .map((tag) => tag.trim().replace(/\s+/g, " "))
    .filter((tag) => {
      const key = tag.toLocaleLowerCase(LOCALE);
      if (!tag || seen.has(key)) return false;
      seen.add(key);
      return true;
    });
}
