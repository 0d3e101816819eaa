// The scorecard: each competency with its rating and the quotes that support it.

import type { Analysis, Competency, Evidence, Interview } from "../api/client";
import { isFound } from "./evidence";

export const MOST_RATING = 5;

export interface ScorecardEntry {
  name: string;
  /** 1 to 5; null where it is not rated. */
  rating: number | null;
  status: string;
  rationale: string;
  /** The quotes that were found, exact matches first. */
  quotes: Evidence[];
  /** What a rating of 1, 3 and 5 looks like, where the rubric says so. */
  anchors: { rating: number; text: string }[];
}

export interface Scorecard {
  entries: ScorecardEntry[];
  /** Quotes that were not found in the transcript, and are shown nowhere. */
  leftOut: number;
  /** The one reason for which nothing is rated, if there is one. */
  refusal: string | null;
}

/** 1 to 5; null for anything else. */
function ratingOf({ rating }: Competency): number | null {
  return rating != null && Number.isInteger(rating) && rating >= 1 && rating <= MOST_RATING ? rating : null;
}

function anchorsOf(rubric: Interview["rubric"], name: string): ScorecardEntry["anchors"] {
  const anchors = rubric?.competencies.find((criterion) => criterion.name === name)?.anchors;
  if (!anchors) return [];
  return [
    { rating: 1, text: anchors.low },
    { rating: 3, text: anchors.mid },
    { rating: 5, text: anchors.high },
  ].filter(({ text }) => text);
}

export function scorecardOf(
  { competencies, strengths, concerns }: Pick<Analysis, "competencies" | "strengths" | "concerns">,
  rubric: Interview["rubric"],
): Scorecard {
  const entries = competencies.map((competency): ScorecardEntry => {
    const { name, status, rationale, evidence } = competency;
    const found = evidence.filter(isFound);
    const exact = found.filter((quote) => quote.status === "verified");
    const close = found.filter((quote) => quote.status !== "verified");
    return { name, rating: ratingOf(competency), status, rationale, quotes: [...exact, ...close], anchors: anchorsOf(rubric, name) };
  });
  const all = [competencies, strengths, concerns].flat().flatMap(({ evidence }) => evidence);
  const [first] = entries;
  const isRefused = entries.length > 0 && entries.every((own) => own.status === "not_assessed" && own.rationale === first!.rationale);
  return { entries, leftOut: all.filter((quote) => !isFound(quote)).length, refusal: isRefused ? first!.rationale : null };
}

/** Whether there is something to read in a scorecard. */
export function hasRatings({ competencies }: Pick<Analysis, "competencies">): boolean {
  return competencies.some((competency) => ratingOf(competency) !== null);
}
