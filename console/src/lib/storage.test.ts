import { afterEach, expect, test, vi } from "vitest";
import { keep, numberBetween, oneOf, stored } from "./storage";

const KINDS = ["job_interview", "other"] as const;

afterEach(() => {
  vi.restoreAllMocks();
  localStorage.clear();
});

test("a choice is kept", () => {
  keep("kind", "other");
  expect(stored("kind", oneOf(KINDS), "job_interview")).toBe("other");
  expect(stored("unset", oneOf(KINDS), "job_interview")).toBe("job_interview");
});

test.each(["podcast", "toString", "constructor", ""])("a choice of another release falls back: %j", (text) => {
  keep("kind", text);
  expect(stored("kind", oneOf(KINDS), "job_interview")).toBe("job_interview");
});

test.each(["fast", "", " ", "NaN", "Infinity", "-1", "16"])("a malformed speed falls back: %j", (text) => {
  keep("rate", text);
  expect(stored("rate", numberBetween(0.25, 4), 1)).toBe(1);
});

test("blocked storage falls back", () => {
  vi.spyOn(globalThis, "localStorage", "get").mockImplementation(() => {
    throw new DOMException("blocked", "SecurityError");
  });
  keep("rate", "2");
  expect(stored("rate", numberBetween(0.25, 4), 1)).toBe(1);
});
