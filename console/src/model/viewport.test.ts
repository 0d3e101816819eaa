import { expect, test } from "vitest";
import { placeIn, stretchIn, viewportOf, WHOLE } from "./viewport";

test("without zoom the whole is shown", () => {
  expect(viewportOf(0, 600, 600)).toEqual(WHOLE);
  expect(viewportOf(0, 0, 0)).toEqual(WHOLE);
  expect(placeIn(WHOLE, 0.25)).toBe(0.25);
});

test("a zoomed waveform shows a part, and topics follow it", () => {
  const viewport = viewportOf(600, 600, 2_400);
  expect(viewport).toEqual({ from: 0.25, to: 0.5 });
  expect(placeIn(viewport, 0.375)).toBe(0.5);
  expect(stretchIn(viewport, 0.25, 0.375)).toEqual({ left: 0, width: 0.5 });
  // What reaches beyond the edges is cut there.
  expect(stretchIn(viewport, 0.1, 0.9)).toEqual({ left: 0, width: 1 });
  expect(stretchIn(viewport, 0.6, 0.9)).toBeNull();
  expect(stretchIn(viewport, 0, 0.25)).toBeNull();
});

test("a drawing cannot be scrolled past its end", () => {
  expect(viewportOf(9_999, 600, 2_400)).toEqual({ from: 0.75, to: 1 });
  expect(viewportOf(-20, 600, 2_400)).toEqual({ from: 0, to: 0.25 });
});
