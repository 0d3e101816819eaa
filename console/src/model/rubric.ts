// A rubric as its form has it, and which rubrics an interview can be given.

import type { Criterion, Interview, InterviewChange, NewRubric, Rubric } from "../api/client";

export const MOST_COMPETENCIES = 20;
export const MOST_WEIGHT = 100;
export const ANCHORS = ["low", "mid", "high"] as const;

/** A competency in the form: everything is text. */
export interface CriterionDraft {
  /** Stays the same while the competency moves. */
  key: number;
  name: string;
  description: string;
  low: string;
  mid: string;
  high: string;
  weight: string;
}

export interface RubricDraft {
  name: string;
  competencies: readonly CriterionDraft[];
}

let lastKey = 0;

export function emptyCriterion(): CriterionDraft {
  return { key: ++lastKey, name: "", description: "", low: "", mid: "", high: "", weight: "" };
}

function criterionDraft({ name, description, anchors, weight }: Criterion): CriterionDraft {
  const { low = "", mid = "", high = "" } = anchors ?? {};
  return { ...emptyCriterion(), name, description: description ?? "", low, mid, high, weight: weight == null ? "" : String(weight) };
}

/** The form of a stored rubric or of a template; an empty one without. */
export function draftOf(rubric: { name: string; competencies: Criterion[] } | null): RubricDraft {
  if (!rubric) return { name: "", competencies: [emptyCriterion()] };
  return { name: rubric.name, competencies: rubric.competencies.map(criterionDraft) };
}

/** What is sent: what is left empty is left out. */
export function bodyOf({ name, competencies }: RubricDraft): NewRubric {
  return {
    name: name.trim(),
    competencies: competencies.map(({ name, description, low, mid, high, weight }) => {
      const anchors = { low: low.trim(), mid: mid.trim(), high: high.trim() };
      return {
        name: name.trim(),
        description: description.trim(),
        ...(ANCHORS.some((anchor) => anchors[anchor]) && { anchors }),
        ...(weight.trim() && Number.isFinite(Number(weight)) && { weight: Number(weight) }),
      };
    }),
  };
}

/** The list with the competency at `at` moved by `by` places; the same where it cannot move. */
export function moved(competencies: readonly CriterionDraft[], at: number, by: number): readonly CriterionDraft[] {
  const to = at + by;
  const [one, other] = [competencies[at], competencies[to]];
  if (!one || !other) return competencies;
  return competencies.map((own, index) => (index === at ? other : index === to ? one : own));
}

/** The rubric that an interview has, among those on offer. */
export const KEEP = "keep";
/** The rubric of the kind. */
export const OF_KIND = "";

/** What a choice of a rubric changes: an id, the kind's own, or nothing. */
export function rubricChange(chosen: string): Pick<InterviewChange, "rubric" | "rubric_id"> {
  if (chosen === KEEP) return {};
  return chosen === OF_KIND ? { rubric: null } : { rubric_id: chosen };
}

/** The stored rubrics that are another version than the one that an interview has. */
export function otherRubrics({ rubric_id, rubric_version }: Pick<Interview, "rubric_id" | "rubric_version">, all: Rubric[]): Rubric[] {
  return all.filter(({ id, version }) => id !== rubric_id || version !== rubric_version);
}
