// How the transcript is searched, without a page.

import { expect, test } from "@playwright/test";
import { find, isSpaced, pack, wordText } from "../src/interview/transcript/columns";

const words = (text: string) => {
  const all = text.split(" ").map((text, at) => ({ text, start_ms: at, end_ms: at, speaker: 0, confidence: null }));
  return pack({ revision: 1, duration_ms: 9, speakers: [], turns: [{ id: 0, speaker: 0, start_ms: 0 }], words: all });
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
