import { expect, test } from "vitest";
import { pack } from "./columns";
import {
  besideParagraph,
  canSplit,
  joinAt,
  placeOf,
  rangeOf,
  rangeText,
  replacing,
  replacingAll,
  stillFits,
  turnOf,
  wordId,
} from "./corrections";

/** Turns of two speakers in turn, one after the other. */
function said(...turns: string[]) {
  let at = 0;
  const texts = turns.map((turn) => turn.split(" "));
  const words = texts.flatMap((turn, speaker) =>
    turn.map((text) => {
      at += 1;
      return { id: `w${at - 1}`, text, start_ms: at * 10, end_ms: at * 10 + 5, speaker: speaker % 2, confidence: 1 };
    }),
  );
  let first = 0;
  const begun = texts.map((turn, id) => {
    const start = words[first]!;
    first += turn.length;
    return { id, speaker: start.speaker, start_ms: start.start_ms };
  });
  const speakers = [0, 1].map((id) => ({ id, name: `Speaker ${id + 1}`, role: null }));
  return pack({ revision: 3, run_id: "r", duration_ms: at * 10 + 10, speakers, turns: begun, words, quality: null });
}

test("words are found by their ids, and ids by their words", () => {
  const words = said("one two", "three");
  expect(wordId(words, 2)).toBe("w2");
  expect([placeOf(words, "w1"), placeOf(words, "r4w0")]).toEqual([1, -1]);
  expect(rangeText(words, { first: 1, last: 2 })).toBe("two three");
  expect([words.runId, words.revision]).toEqual(["r", 3]);
});

test("another text replaces, no text deletes, the same text does nothing", () => {
  const words = said("a cube in netties");
  const range = { first: 1, last: 3 };
  expect(replacing(words, range, "  Kubernetes\n")).toEqual({ op: "replace_words", from: "w1", to: "w3", text: "Kubernetes" });
  expect(replacing(words, range, " ")).toEqual({ op: "delete_words", from: "w1", to: "w3" });
  expect(replacing(words, range, "cube  in netties")).toBeNull();
});

test("a turn is divided within, and joined with one of the same speaker", () => {
  const words = said("one two", "three four", "five");
  expect(turnOf(words, 3)).toEqual({ first: 2, last: 3 });
  expect([0, 1, 2, 3].map((place) => canSplit(words, place))).toEqual([false, true, false, true]);
  expect(joinAt(words, 3)).toBe(-1);
  words.speakers.fill(0);
  expect(joinAt(words, 3)).toBe(2);
  expect([besideParagraph(words, 1, 1), besideParagraph(words, 3, 1), besideParagraph(words, 0, -1)]).toEqual([3, 4, 0]);
});

test("a text is replaced everywhere, as a word or anywhere", () => {
  const words = said("Ada met Adam in Canada. ADA!", "ada, ada");
  const whole = replacingAll(words, "ada", "Eve", true);
  expect(whole.places).toBe(4);
  expect(whole.operations.map((operation) => ("text" in operation ? operation.text : operation.op))).toEqual(["Eve", "Eve!", "Eve,", "Eve"]);
  expect(replacingAll(words, "ada", "Eve", false).places).toBe(6);
  expect(replacingAll(words, "in Canada.", "", true).operations).toEqual([{ op: "delete_words", from: "w3", to: "w4" }]);
  expect(replacingAll(words, " ", "x", true)).toEqual({ operations: [], places: 0 });
});

test("matches that share a word are one correction", () => {
  const { operations, places } = replacingAll(said("so banana"), "an", "o", false);
  expect(places).toBe(2);
  expect(operations).toEqual([{ op: "replace_words", from: "w1", to: "w1", text: "booa" }]);
});

test("what was overtaken fits as long as its words and speakers are there", () => {
  const words = said("one two", "three");
  expect(stillFits(words, [{ op: "delete_words", from: "w0", to: "w1" }])).toBe(true);
  expect(stillFits(words, [{ op: "delete_words", from: "w1", to: "w0" }])).toBe(false);
  expect(stillFits(words, [{ op: "split_turn", at: "w9" }])).toBe(false);
  expect(stillFits(words, [{ op: "merge_speakers", from: 1, into: 0 }])).toBe(true);
  expect(stillFits(words, [{ op: "merge_speakers", from: 2, into: 0 }])).toBe(false);
  expect(rangeOf(words, { op: "insert_words", after: "w1", text: "x" })).toEqual({ first: 1, last: 1 });
  expect(rangeOf(words, { op: "insert_words", after: null, text: "x" })).toBeNull();
});
