import { expect, test } from "vitest";
import { parseSnapshot, parseStatus, parseStep } from "./events";

test("events are read", () => {
  const detail = { state: "running", attempt: 1, waiting: null, progress: 40 };
  expect(parseStep(JSON.stringify({ step: "analysis", detail }))).toEqual({ name: "analysis", step: detail });
  expect(parseStatus('{"status": "partial", "usable": null}')).toEqual({ status: "partial", usable: null });
  expect(parseSnapshot('{"id": "a", "steps": {}}')).toEqual({ id: "a", steps: {} });
});

test.each(["", "null", "7", "[]", "{", '{"step": "translation", "detail": {"state": "done"}}', '{"step": "report"}'])(
  "an event that the page does not know is ignored: %j",
  (data) => {
    expect(parseStep(data)).toBeNull();
    expect(parseSnapshot(data)).toBeNull();
    expect(parseStatus(data)).toBeNull();
  },
);
