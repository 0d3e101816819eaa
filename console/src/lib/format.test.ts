import { expect, test } from "vitest";
import { count } from "../i18n/locale";
import { ago, clock, moment, number, percent, recorded, size, span } from "./format";

const NOW = Date.parse("2026-11-12T12:00:00Z");
const before = (minutes: number) => ago(new Date(NOW - minutes * 60_000).toISOString(), NOW);

test("times are in the language of the page, not the browser's", () => {
  // The environment of the tests may have any locale; the page is English.
  expect([0, 5, 60 * 3, 60 * 24 * 2].map(before)).toEqual(["just now", "5 minutes ago", "3 hours ago", "2 days ago"]);
  expect(before(60 * 24 * 30)).toBe("Oct 13, 2026");
  expect(number(80_000)).toBe("80,000");
  expect(count(2_000, "match", "matches")).toBe("2,000 matches");
  expect(count(1, "match", "matches")).toBe("1 match");
});

test("places, lengths and sizes", () => {
  expect([0, 62_000, 3_723_000].map(clock)).toEqual(["00:00", "01:02", "1:02:03"]);
  expect([800, 59_600, 184_000, 28_920_000].map(span)).toEqual(["0.8 s", "1 min", "3 min 4 s", "8 h 2 min"]);
  expect([999, 1_500, 19_000_000].map(size)).toEqual(["999 B", "1.5 kB", "19 MB"]);
  expect([0.974, 1].map(percent)).toEqual(["97%", "100%"]);
});

test("a moment names its day only where that is another one", () => {
  const today = new Date(2026, 10, 12, 14, 5);
  expect(moment(today.toISOString(), today.getTime())).toBe("14:05");
  expect(moment(today.toISOString(), today.getTime() + 86_400_000)).toBe("Nov 12, 2026, 14:05");
});

test("when a recording was made is told in its own zone", () => {
  expect(recorded("2026-05-04T11:30:00+02:00")).toBe("2026-05-04, 11:30 UTC+02:00");
  expect(recorded("2026-05-04T11:30:00")).toBe("2026-05-04, 11:30 (time zone not given)");
});
