import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Interview } from "../api/client";
import { ApiError } from "../api/errors";
import { Changes } from "../lib/changes";
import { Scope } from "../lib/scope";
import { interview } from "./interview/fake";
import { ALL, dayBegin, LATE_MS, Library, MOST_SINGLE, type Page, SOON_MS } from "./library";

let scope: Scope;
let changes: Changes;
let library: Library;
let all: Interview[];
const hidden = signal<ReadonlySet<string>>(new Set());
const page = vi.fn(async (token: string | null): Promise<Page> => {
  const from = Number(token ?? 0);
  const next = from + 3 < all.length ? String(from + 3) : null;
  return { items: all.slice(from, from + 3), next_page_token: next };
});
const record = vi.fn(async (id: string): Promise<Interview> => {
  const found = all.find((one) => one.id === id);
  if (!found) throw new ApiError({ status: 404 });
  return found;
});

const one = (id: string, more: Partial<Interview> = {}) =>
  interview({ id, title: id, status: "completed", created_at: `2026-01-0${9 - Number(id.slice(1))}T00:00:00Z`, ...more });

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  hidden.value = new Set();
  scope = new Scope();
  changes = new Changes(scope, null);
  library = new Library(scope, changes, hidden, { page, record });
});
afterEach(() => {
  scope.dispose();
  vi.useRealTimers();
});

async function watched() {
  library.watch(scope);
  await vi.advanceTimersByTimeAsync(0);
}

test("days begin and end in this time zone", () => {
  expect(dayBegin("2026-05-31")).toBe(new Date(2026, 4, 31).toISOString());
  expect(dayBegin("2026-05-31", 1)).toBe(new Date(2026, 5, 1).toISOString());
  for (const none of ["", "soon", "2026-5-1"]) expect(dayBegin(none)).toBeNull();
});

test("nothing is requested before the list is shown", async () => {
  await vi.advanceTimersByTimeAsync(LATE_MS);
  expect(page).not.toHaveBeenCalled();
});

test("while something is under way it is read by itself, not with its page", async () => {
  all = [one("i1", { status: "processing" }), one("i2"), one("i3")];
  await watched();
  expect(page).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(SOON_MS * 5);
  expect(record.mock.calls.map(([id]) => id)).toEqual(Array(5).fill("i1"));
  expect(page).toHaveBeenCalledTimes(1);
  all[0] = one("i1");
  await vi.advanceTimersByTimeAsync(SOON_MS);
  expect(library.shown.value.map(({ status }) => status)).toEqual(Array(3).fill("completed"));
  // Now the list is read, but seldom.
  const singles = record.mock.calls.length;
  await vi.advanceTimersByTimeAsync(LATE_MS * 2);
  expect(record).toHaveBeenCalledTimes(singles);
  expect(page.mock.calls.length).toBeLessThanOrEqual(3);
});

test("many under way are read as a page", async () => {
  all = Array.from({ length: MOST_SINGLE + 1 }, (_, at) => one(`i${at}`, { status: "processing" }));
  await watched();
  while (library.hasMore.value) await library.loadMore();
  const pages = page.mock.calls.length;
  await vi.advanceTimersByTimeAsync(SOON_MS);
  expect(record).not.toHaveBeenCalled();
  expect(page.mock.calls.length).toBeGreaterThan(pages);
});

test("what was deleted elsewhere leaves the list", async () => {
  all = [one("i1", { status: "processing" }), one("i2")];
  await watched();
  all = [all[1]!];
  await vi.advanceTimersByTimeAsync(SOON_MS);
  expect(library.shown.value.map(({ id }) => id)).toEqual(["i2"]);
});

test("a search reads the pages that are missing, without regard to accents", async () => {
  all = ["i1", "i2", "i3", "i4", "i5", "i6", "i7"].map((id) => one(id, { title: id === "i7" ? "Évelyne" : id }));
  await watched();
  expect(library.shown.value).toHaveLength(3);
  library.filter("evelyne", ALL);
  await vi.advanceTimersByTimeAsync(0);
  expect(library.shown.value.map(({ id }) => id)).toEqual(["i7"]);
});

test("an answer about another status counts no more", async () => {
  all = [one("i1"), one("i2", { status: "failed" })];
  await watched();
  let answer: (page: Page) => void = () => {};
  page.mockImplementationOnce(() => new Promise((done) => (answer = done)));
  changes.announce();
  page.mockImplementationOnce(async () => ({ items: [all[1]!], next_page_token: null }));
  library.filter("", { ...ALL, status: "failed" });
  await vi.advanceTimersByTimeAsync(0);
  answer({ items: [all[0]!], next_page_token: null });
  await vi.advanceTimersByTimeAsync(0);
  expect(library.shown.value.map(({ id }) => id)).toEqual(["i2"]);
});

test("what is being deleted is hidden", async () => {
  all = [one("i1"), one("i2")];
  await watched();
  hidden.value = new Set(["i1"]);
  expect(library.shown.value.map(({ id }) => id)).toEqual(["i2"]);
});

test("what is being deleted is not read until that is undone", async () => {
  all = [one("i1", { status: "processing" }), one("i2")];
  await watched();
  hidden.value = new Set(["i1"]);
  await vi.advanceTimersByTimeAsync(SOON_MS * 5);
  expect(record).not.toHaveBeenCalled();
  const pages = page.mock.calls.length;
  hidden.value = new Set();
  await vi.advanceTimersByTimeAsync(SOON_MS);
  expect(page).toHaveBeenCalledTimes(pages + 1);
  expect(record).toHaveBeenCalledExactlyOnceWith("i1");
});
