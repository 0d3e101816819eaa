import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { quotesOf } from "../model/evidence";
import { scorecardOf } from "../model/scorecard";
import { pack } from "../model/transcript/columns";
import { evidenceOf, exampleAnalysis, exampleTranscript, type SampleAnalysis, type SampleWords } from "./build";

const read = (name: string) => JSON.parse(readFileSync(`../samples/${name}`, "utf8")) as unknown;
const words = read("interview.words.json") as SampleWords;
const transcript = exampleTranscript(words);
const analysis = exampleAnalysis(read("interview.analysis.json") as SampleAnalysis, words, transcript);

test("the words of the example are in order, and all there", () => {
  expect(transcript.words).toHaveLength(355);
  // Turns may overlap where one speaker interrupts the other; within a turn times only grow.
  for (const [at, word] of transcript.words.entries()) {
    expect(word.end_ms).toBeGreaterThan(word.start_ms);
    const before = transcript.words[at - 1];
    if (before?.speaker === word.speaker) expect(word.start_ms).toBeGreaterThanOrEqual(before.start_ms);
  }
  expect(pack(transcript).turns).toHaveLength(words.turns.length);
});

test("quotes are where they were said, and an invented one is nowhere", () => {
  const found = evidenceOf("First I told my manager the truth.", transcript);
  expect(found).toMatchObject({ status: "verified", speaker: 1 });
  const turn = words.turns[found.turn!]!;
  expect(turn.text).toContain("told my manager the truth");
  expect(found.start_ms).toBeGreaterThanOrEqual(turn.start_ms);
  expect(evidenceOf("!I always answer a question with an example first.", transcript)).toMatchObject({
    status: "unverified",
    start_ms: null,
  });
  expect(evidenceOf("Something that was never said", transcript).status).toBe("unverified");
});

test("every quote of the example is found but the invented one", () => {
  const missing = quotesOf(analysis).filter(({ status }) => status === "unverified");
  expect(missing.map(({ quote }) => quote)).toEqual(["I always answer a question with an example first."]);
  const { entries, leftOut } = scorecardOf(analysis, null);
  expect(entries.map(({ rating }) => rating)).toEqual([4, 5, 4, 3, null]);
  expect(leftOut).toBe(1);
});

test("topics follow each other", () => {
  const ends = analysis.topics.map(({ end_ms }) => end_ms);
  expect(analysis.topics).toHaveLength(4);
  analysis.topics.slice(1).forEach(({ start_ms }, at) => expect(start_ms).toBeGreaterThanOrEqual(ends[at]! - 1_000));
});

test("the figures are of both speakers", () => {
  const { speakers } = analysis.metrics;
  expect([speakers["0"]!.words, speakers["1"]!.words]).toEqual([98, 257]);
  expect(speakers["0"]!.talk_share + speakers["1"]!.talk_share).toBeCloseTo(1);
});
