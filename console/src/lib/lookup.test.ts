import { expect, test } from "vitest";
import { labelOf, lookup } from "./lookup";

const LABELS = { verified: "Exact match", repaired: "Close match" };

test("known values have their labels", () => {
  expect(labelOf(LABELS, "verified")).toBe("Exact match");
});

test("values of a newer service are shown as they are", () => {
  expect(labelOf(LABELS, "not_yet_known")).toBe("Not yet known");
  expect(labelOf(LABELS, "")).toBe("–");
});

test("what every object inherits is no value", () => {
  expect(lookup(LABELS, "toString")).toBeUndefined();
  expect(labelOf(LABELS, "constructor")).toBe("Constructor");
});
