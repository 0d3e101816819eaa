// How the transcript is searched, without a page.

import { expect, test } from "@playwright/test";
import { find, pack } from "../src/interview/transcript/columns";

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
