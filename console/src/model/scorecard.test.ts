import { expect, test } from "vitest";
import type { Competency, Evidence } from "../api/client";
import { quotesOf } from "./evidence";
import { hasRatings, scorecardOf } from "./scorecard";

const quote = (status: string, start_ms: number | null = 1_000) =>
  ({ quote: `said ${status}`, status, start_ms, end_ms: start_ms, speaker: 0, turn: 0 }) as Evidence;
const competency = (name: string, more: Partial<Competency>): Competency => ({
  name,
  status: "assessed",
  rating: 4,
  rationale: "Because.",
  evidence: [],
  ...more,
});
const analysis = (...competencies: Competency[]) => ({ competencies, strengths: [], concerns: [] });

test("quotes that were not found are left out, and counted", () => {
  const given = analysis(
    competency("ownership", { evidence: [quote("repaired"), quote("unverified", null), quote("verified")] }),
  );
  const { entries, leftOut } = scorecardOf({ ...given, concerns: [{ text: "", evidence: [quote("unverified", null)] }] }, null);
  expect(entries[0]!.quotes.map(({ status }) => status)).toEqual(["verified", "repaired"]);
  expect(leftOut).toBe(2);
});

test("values of a newer service are kept as they are", () => {
  const given = analysis(
    competency("ownership", {
      status: "disputed" as Competency["status"],
      rating: 9,
      evidence: [quote("contradicted"), quote("pending", null)],
    }),
  );
  const [entry] = scorecardOf(given, null).entries;
  expect(entry).toMatchObject({ status: "disputed", rating: null });
  expect(entry!.quotes.map(({ status }) => status)).toEqual(["contradicted"]);
  expect(hasRatings(given)).toBe(false);
});

test("one reason for all is a refusal", () => {
  const refused = { status: "not_assessed", rating: null, rationale: "too few words" } as const;
  expect(scorecardOf(analysis(competency("a", refused), competency("b", refused)), null).refusal).toBe("too few words");
  expect(scorecardOf(analysis(competency("a", refused), competency("b", {})), null).refusal).toBeNull();
  expect(scorecardOf(analysis(), null).refusal).toBeNull();
});

test("anchors come from the interview's own rubric", () => {
  const rubric = {
    competencies: [{ name: "ownership", description: "", anchors: { low: "Blames", mid: "", high: "Mends" } }],
  };
  const { entries } = scorecardOf(analysis(competency("ownership", {}), competency("learning", {})), rubric);
  expect(entries[0]!.anchors).toEqual([
    { rating: 1, text: "Blames" },
    { rating: 5, text: "Mends" },
  ]);
  expect(entries[1]!.anchors).toEqual([]);
});

test("all quotes are counted once", () => {
  const claim = { text: "", evidence: [quote("verified")] };
  expect(
    quotesOf({ ...analysis(competency("a", { evidence: [quote("verified")] })), key_points: [claim], questions: [] }),
  ).toHaveLength(2);
});
