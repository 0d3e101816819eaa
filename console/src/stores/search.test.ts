import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { SearchHit } from "../api/client";
import { Scope } from "../lib/scope";
import { type HitPage, parts, PAUSE_MS, Search, type Within } from "./search";

function hit(interview_id: string, snippet: string, field: SearchHit["field"] = "transcript"): SearchHit {
  return {
    interview_id,
    title: `Title of ${interview_id}`,
    created_at: "2026-01-01T00:00:00.000Z",
    field,
    speaker: null,
    speaker_name: null,
    start_ms: null,
    snippet,
    highlights: [],
  };
}

interface Call {
  q: string;
  token: string | null;
  signal: AbortSignal;
  within: Within;
  answer: (page: HitPage) => void;
  fail: (error: Error) => void;
}

let scope: Scope;
let calls: Call[];
const hidden = signal<ReadonlySet<string>>(new Set());

function search(): Search {
  return new Search(scope, hidden, {
    page: (q, token, signal, within) =>
      new Promise((answer, fail) => {
        calls.push({ q, token, signal, within, answer, fail });
      }),
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  scope = new Scope();
  calls = [];
  hidden.value = new Set();
});
afterEach(() => {
  scope.dispose();
  vi.useRealTimers();
});

test("words are searched for once no others are typed, and the latest count", async () => {
  const found = search();
  found.look("b");
  found.look("boat");
  expect(found.isLoading.value).toBe(true);
  await vi.advanceTimersByTimeAsync(PAUSE_MS);
  expect(calls.map(({ q }) => q)).toEqual(["boat"]);
  found.look("boats");
  expect(calls[0]!.signal.aborted).toBe(true);
  await vi.advanceTimersByTimeAsync(PAUSE_MS);
  calls[1]!.answer({ items: [hit("a", "two boats")], next_page_token: null });
  calls[0]!.answer({ items: [hit("b", "a boat")], next_page_token: null });
  await vi.advanceTimersByTimeAsync(0);
  expect(found.hits.value?.map(({ snippet }) => snippet)).toEqual(["two boats"]);
  found.look(" ");
  expect([found.hits.value, found.isLoading.value]).toEqual([null, false]);
});

test("pages are read until something is found, and appended", async () => {
  const found = search();
  found.look("boat");
  await vi.advanceTimersByTimeAsync(PAUSE_MS);
  calls[0]!.answer({ items: [], next_page_token: "1" });
  await vi.advanceTimersByTimeAsync(0);
  calls[1]!.answer({ items: [hit("a", "one"), hit("b", "two"), hit("b", "Title", "title")], next_page_token: "2" });
  await vi.advanceTimersByTimeAsync(0);
  expect(found.hasMore.value).toBe(true);
  void found.loadMore();
  expect(calls.map(({ token }) => token)).toEqual([null, "1", "2"]);
  calls[2]!.answer({ items: [hit("b", "three")], next_page_token: null });
  await vi.advanceTimersByTimeAsync(0);
  const groups = () => found.groups.value.map(({ id, hits }) => [id, hits.map(({ snippet }) => snippet)]);
  expect(groups()).toEqual([
    ["a", ["one"]],
    ["b", ["two", "three"]],
  ]);
  hidden.value = new Set(["a"]);
  expect(groups()).toEqual([["b", ["two", "three"]]]);
  expect(found.hasMore.value).toBe(false);
});

test("another collection is searched anew, and shows nothing of the one before", async () => {
  const found = search();
  const within = { collection: "role", tag: "" };
  found.look("boat");
  await vi.advanceTimersByTimeAsync(PAUSE_MS);
  calls[0]!.answer({ items: [hit("a", "one")], next_page_token: null });
  await vi.advanceTimersByTimeAsync(0);
  found.look("boat", within);
  expect(found.hits.value).toBeNull();
  found.look("boat", { ...within });
  await vi.advanceTimersByTimeAsync(PAUSE_MS);
  expect(calls.map((call) => call.within)).toEqual([{ collection: "", tag: "" }, within]);
  calls[1]!.answer({ items: [hit("b", "two")], next_page_token: null });
  await vi.advanceTimersByTimeAsync(0);
  expect(found.hits.value?.map(({ snippet }) => snippet)).toEqual(["two"]);
});

test("a failure is shown, and what was found stays", async () => {
  const found = search();
  found.look("boat");
  await vi.advanceTimersByTimeAsync(PAUSE_MS);
  calls[0]!.fail(new Error("lost"));
  await vi.advanceTimersByTimeAsync(0);
  expect(found.failure.value).not.toBeNull();
  void found.loadMore();
  calls[1]!.answer({ items: [hit("a", "one")], next_page_token: null });
  await vi.advanceTimersByTimeAsync(0);
  expect([found.failure.value, found.hits.value?.length]).toEqual([null, 1]);
});

test("a snippet is cut by code points", () => {
  const highlights = [
    { from: 2, to: 5 },
    { from: 6, to: 7 },
  ];
  expect(parts({ snippet: "😀 Zoë 東京", highlights })).toEqual(["😀 ", "Zoë", " ", "東", "京"]);
  expect(parts({ snippet: "none", highlights: [] })).toEqual(["none"]);
});
