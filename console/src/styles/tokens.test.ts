import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const css = readFileSync("src/styles/tokens.css", "utf8");
/** The light and the dark colour of each role. */
const colours = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [name!, [light!, dark!]]),
);

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high! + 0.05) / (low! + 0.05);
}

function least(front: string, ...grounds: string[]): number {
  const all = grounds.flatMap((ground) => [0, 1].map((scheme) => contrast(colours.get(front)![scheme]!, colours.get(ground)![scheme]!)));
  return Math.min(...all);
}

test("the formula of contrast is the one of the guidelines", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});

test.each(["canvas", "surface", "sunken"])("text has 4.5 : 1 on %s", (ground) => {
  for (const text of ["text", "text-2", "text-3", "accent"]) expect(least(text, ground), text).toBeGreaterThanOrEqual(4.5);
});

test("text on soft grounds has 4.5 : 1", () => {
  for (const role of ["good", "warn", "bad", "accent"]) {
    expect(least(role, `${role}-soft`), role).toBeGreaterThanOrEqual(4.5);
    expect(least("text", `${role}-soft`)).toBeGreaterThanOrEqual(4.5);
  }
  expect(least("on-accent", "accent")).toBeGreaterThanOrEqual(4.5);
});

test("borders of controls have 3 : 1", () => {
  expect(least("border-control", "surface", "canvas")).toBeGreaterThanOrEqual(3);
});

test("voices have 4.5 : 1 as text", () => {
  for (let voice = 0; voice < 6; voice += 1) expect(least(`voice-${voice}`, "surface", "canvas")).toBeGreaterThanOrEqual(4.5);
});

test("words that are played or found stay readable, and differ by more than hue", () => {
  expect(least("text", "playing", "match")).toBeGreaterThanOrEqual(4.5);
  const transcript = readFileSync("src/styles/transcript.css", "utf8");
  expect(transcript).toMatch(/\[data-now\] \{[^}]*box-shadow/);
  expect(transcript).toMatch(/\.this \{[^}]*outline/);
});
