import { expect, test } from "vitest";
import { pace, pauses } from "./figures";
import { pack } from "./transcript/columns";

const QUALITY = {
  words: 0,
  mean_confidence: 1,
  low_confidence_share: 0,
  speech_coverage: 1,
  words_per_minute: 0,
  repetition_share: 0,
};

function transcript(starts: number[], duration_ms: number) {
  const words = starts.map((start_ms, at) => ({ text: "word", start_ms, end_ms: start_ms + 200, speaker: at % 2, confidence: 1 }));
  const turns = [{ id: 0, speaker: 0, start_ms: 0 }];
  return pack({ revision: 1, duration_ms, speakers: [], turns, words, quality: QUALITY });
}

test("pace is words a minute in each slice, the last one by its own length", () => {
  const { sliceMs, speakers } = pace(transcript([0, 1_000, 2_000, 10_000], 15_000));
  expect(sliceMs).toBe(10_000);
  expect([...speakers.get(0)!]).toEqual([12, 0]);
  expect([...speakers.get(1)!]).toEqual([6, 12]);
});

test("pauses are counted by their length", () => {
  expect(pauses(transcript([500, 1_000, 2_300, 5_000, 14_000], 15_000))).toEqual([1, 1, 0, 1]);
});
