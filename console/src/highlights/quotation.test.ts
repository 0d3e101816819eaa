import { expect, test } from "vitest";
import { pack } from "../model/transcript/columns";
import { partsOf, quotation, shortened, tagsOf } from "./quotation";

const word = (text: string, speaker: number, start_ms: number) => ({ text, speaker, start_ms, end_ms: start_ms + 100, confidence: 1, id: `w${start_ms / 100}` });
const words = pack({
  revision: 0,
  run_id: "r",
  duration_ms: 1_000,
  quality: null,
  speakers: [],
  turns: [
    { id: 0, speaker: 0, start_ms: 0 },
    { id: 1, speaker: 1, start_ms: 200 },
  ],
  words: [word("Who", 0, 0), word("sailed?", 0, 100), word("My", 1, 200), word("sister.", 1, 300)],
});
const name = (speaker: number) => ["Grace", "Ada"][speaker]!;

test("a quotation has the words, the speaker, the interview, the time and the link", () => {
  const parts = partsOf(words, { first: 2, last: 3 }, name);
  expect(quotation(parts, "Ada, first round", 62_500, "http://x/app")).toBe("“My sister.” — Ada, Ada, first round, 01:02, http://x/app");
});

test("several speakers are quoted each by name", () => {
  const parts = partsOf(words, { first: 1, last: 3 }, name);
  expect(quotation(parts, "Boats", 100, "http://x")).toBe("Grace: “sailed?”\nAda: “My sister.”\n— Boats, 00:00, http://x");
});

test("tags are apart by commas, each of them once", () => {
  expect(tagsOf(" boats,  first   round ,Boats,, ")).toEqual(["boats", "first round"]);
  expect(tagsOf("")).toEqual([]);
});

test("long texts are shortened by letters", () => {
  expect(shortened("short")).toBe("short");
  expect(shortened("😀".repeat(80), 10)).toBe(`${"😀".repeat(9)}…`);
});
