// Quotes and how they match the transcript.

import type { Analysis, Evidence } from "../api/client";

/** The warning of an engine that selects sentences and judges nothing. */
export const NO_MODEL = "no_language_model";

export function isExtract({ warnings }: Pick<Analysis, "warnings">): boolean {
  return warnings.some(({ code }) => code === NO_MODEL);
}

/** Whether a quote was found in the transcript. A status of a newer service counts only if
 * the quote has its place. */
export function isFound({ status, start_ms }: Pick<Evidence, "status" | "start_ms">): boolean {
  return status !== "unverified" && start_ms != null;
}

type Quoted = Pick<Analysis, "key_points" | "competencies" | "questions" | "strengths" | "concerns">;

/** All quotes of an analysis. */
export function quotesOf(analysis: Quoted): Evidence[] {
  const { key_points, competencies, questions, strengths, concerns } = analysis;
  return [key_points, competencies, questions, strengths, concerns].flat().flatMap(({ evidence }) => evidence);
}
