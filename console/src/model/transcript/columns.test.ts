import { expect, test } from "vitest";
import { find, isSpaced, lastAtMost, pack, paragraphOf, wordAt, wordText } from "./columns";

const QUALITY = {
  words: 7,
  mean_confidence: 0.98,
  low_confidence_share: 0,
  speech_coverage: 0.9,
  words_per_minute: 120,
  repetition_share: 0,
};
const words = (text: string) => {
  const all = text.split(" ").map((text, at) => ({ text, start_ms: at, end_ms: at, speaker: 0, confidence: null }));
  return pack({ revision: 1, duration_ms: 9, speakers: [], turns: [{ id: 0, speaker: 0, start_ms: 0 }], words: all, quality: QUALITY });
};

test("a search is without regard to case, in every alphabet", () => {
  const said = words("We met in İstanbul and in Straße ΑΒΓ");
  expect(find(said, "and IN")).toEqual([[4, 6]]);
  expect(find(said, "istanbul")).toEqual([[3, 4]]);
  expect(find(said, "İSTANBUL and")).toEqual([[3, 5]]);
  expect(find(said, "αβγ")).toEqual([[7, 8]]);
  expect(find(said, "  ")).toEqual([]);
});

test("scripts without spaces are written and found without spaces", () => {
  const said = words("我们 今天 谈 work ，and น้ำ ดี");
  expect(said.text).toBe("我们今天谈 work ，and น้ำดี ");
  expect(find(said, "今天谈")).toEqual([[1, 3]]);
  expect(wordText(said, 3)).toBe("work");
  expect([0, 2, 3, 5, 6].map((word) => isSpaced(said, word))).toEqual([false, true, true, false, true]);
});

test("the quality of a transcript is kept", () => {
  expect(words("one two").quality).toEqual(QUALITY);
});

test("a word is found by its time, and a paragraph by its word", () => {
  const said = words("one two three");
  expect([-1, 0, 1, 9].map((ms) => wordAt(said, ms))).toEqual([-1, 0, 1, 2]);
  expect(paragraphOf(said, 2)).toBe(0);
  expect(lastAtMost([1, 3, 3, 5], 3)).toBe(2);
});

test("turns are paragraphs, and long ones are parted at sentences", () => {
  const all = Array.from({ length: 150 }, (_, at) => ({
    text: at % 10 === 9 ? "end." : "word",
    start_ms: at * 10,
    end_ms: at * 10 + 5,
    speaker: at < 100 ? 0 : 1,
    confidence: 0.5,
  }));
  const turns = [
    { id: 0, speaker: 0, start_ms: 0 },
    { id: 1, speaker: 1, start_ms: 1_000 },
  ];
  const speakers = [{ id: 0, name: "Speaker 1", role: null }];
  const said = pack({ revision: 1, duration_ms: 1_500, speakers, turns, words: all, quality: QUALITY });
  expect([...said.paragraphs]).toEqual([0, 60, 100, 150]);
  expect([...said.turns]).toEqual([0, 0, 1]);
  expect(said.confidence[0]).toBe(50);
});
