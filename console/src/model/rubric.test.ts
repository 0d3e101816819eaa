import { expect, test } from "vitest";
import type { Rubric } from "../api/client";
import { bodyOf, draftOf, emptyCriterion, KEEP, moved, OF_KIND, otherRubrics, rubricChange } from "./rubric";

const stored = {
  name: "Engineers",
  competencies: [
    { name: "Ownership", description: "Takes things to their end", weight: 2.5, anchors: { low: "waits", mid: "finishes", high: "sees what is missing" } },
    { name: "Tact", description: "" },
  ],
};

test("a rubric comes through its form as it was", () => {
  expect(bodyOf(draftOf(stored))).toEqual(stored);
});

test("what is left empty is left out, and blanks are cut", () => {
  const draft = { name: " Engineers ", competencies: [{ ...emptyCriterion(), name: " Tact ", weight: " ", low: " " }] };
  expect(bodyOf(draft)).toEqual({ name: "Engineers", competencies: [{ name: "Tact", description: "" }] });
  const some = { name: "E", competencies: [{ ...emptyCriterion(), name: "Tact", mid: "says it kindly", weight: "0" }] };
  expect(bodyOf(some).competencies[0]).toEqual({
    name: "Tact",
    description: "",
    anchors: { low: "", mid: "says it kindly", high: "" },
    weight: 0,
  });
});

test("a new rubric has one competency to begin with", () => {
  expect(draftOf(null)).toMatchObject({ name: "", competencies: [{ name: "" }] });
});

test("a competency moves by one place, and not beyond the ends", () => {
  const three = ["a", "b", "c"].map((name) => ({ ...emptyCriterion(), name }));
  const names = (at: number, by: number) => moved(three, at, by).map(({ name }) => name).join("");
  expect([names(0, 1), names(2, -1), names(0, -1), names(2, 1)]).toEqual(["bac", "acb", "abc", "abc"]);
});

test("a choice of a rubric is a change, or none", () => {
  expect(rubricChange(KEEP)).toEqual({});
  expect(rubricChange(OF_KIND)).toEqual({ rubric: null });
  expect(rubricChange("r1")).toEqual({ rubric_id: "r1" });
});

test("an interview is offered newer versions of its rubric, and other rubrics", () => {
  const rubric = (id: string, version: number) => ({ ...stored, id, version, created_at: "", updated_at: "" }) as Rubric;
  const all = [rubric("a", 2), rubric("b", 1)];
  const offered = (rubric_version: number) => otherRubrics({ rubric_id: "a", rubric_version }, all).map(({ id }) => id);
  expect([offered(1), offered(2)]).toEqual([["a", "b"], ["b"]]);
});
