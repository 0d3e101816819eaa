import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Scope } from "../lib/scope";
import { ApiError } from "./errors";
import { FIRST_RETRY_MS, LAST_RETRY_MS, Resource, valueOf } from "./resource";

interface Call<T> {
  signal: AbortSignal;
  answer: (value: T) => void;
  refuse: (error: unknown) => void;
}

/** A service whose answers the test gives, in any order. */
function service<T>() {
  const calls: Call<T>[] = [];
  const read = (signal: AbortSignal) =>
    new Promise<T>((answer, refuse) => void calls.push({ signal, answer, refuse }));
  return { calls, read };
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const unavailable = () => new ApiError({ status: 503, title: "Not now" });

let scope: Scope;
beforeEach(() => {
  vi.useFakeTimers();
  scope = new Scope();
});
afterEach(() => {
  scope.dispose();
  vi.useRealTimers();
});

test("the latest answer wins, in whatever order answers arrive", async () => {
  const { calls, read } = service<string>();
  const resource = new Resource(scope, read);
  void resource.refresh();
  void resource.refresh();
  calls[1]!.answer("newer");
  await settle();
  calls[0]!.answer("older");
  await settle();
  expect(calls[0]!.signal.aborted).toBe(true);
  expect(resource.load.value).toEqual({ state: "ready", value: "newer" });
});

test("a late answer does not undo what was saved meanwhile", async () => {
  const { calls, read } = service<string[]>();
  const notes = new Resource(scope, read);
  void notes.refresh();
  calls[0]!.answer([]);
  await settle();
  void notes.refresh();
  // A note is saved while the list is being read.
  notes.update((before) => [...before, "saved"]);
  calls[1]!.answer([]);
  await settle();
  expect(notes.value).toEqual(["saved"]);
  // The read that was dropped is made again, and has the note.
  expect(calls).toHaveLength(3);
  calls[2]!.answer(["of others", "saved"]);
  await settle();
  expect(notes.value).toEqual(["of others", "saved"]);
});

test("an older record does not replace a newer one", async () => {
  const { calls, read } = service<number>();
  const record = new Resource(scope, read, { accept: (answer, current) => answer >= current });
  record.set(7);
  void record.refresh();
  calls[0]!.answer(5);
  await settle();
  expect(record.load.value).toEqual({ state: "ready", value: 7 });
  record.set(6);
  expect(record.value).toBe(7);
});

test("one version is read once, however often it is announced", async () => {
  const { calls, read } = service<string>();
  const part = new Resource(scope, read);
  for (let event = 0; event < 11; event += 1) part.ensure("made at noon");
  calls[0]!.refuse(unavailable());
  await settle();
  for (let event = 0; event < 11; event += 1) part.ensure("made at noon");
  expect(calls).toHaveLength(1);
  part.ensure("made at one");
  expect(calls).toHaveLength(2);
});

test("retries back off, up to a longest wait", async () => {
  const { calls, read } = service<string>();
  const resource = new Resource(scope, read);
  const waits: number[] = [];
  void resource.refresh();
  for (let attempt = 0; attempt < 7; attempt += 1) {
    calls.at(-1)!.refuse(unavailable());
    await settle();
    const load = resource.load.value;
    if (load.state !== "failed" || load.retryAt === null) throw new Error("it does not retry");
    const wait = load.retryAt - Date.now();
    waits.push(wait);
    await vi.advanceTimersByTimeAsync(wait - 1);
    expect(calls).toHaveLength(attempt + 1);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls).toHaveLength(attempt + 2);
  }
  expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  expect([waits[0], waits.at(-1)]).toEqual([FIRST_RETRY_MS, LAST_RETRY_MS]);
  calls.at(-1)!.answer("at last");
  await settle();
  void resource.refresh();
  calls.at(-1)!.refuse(unavailable());
  await settle();
  // After a success the next failure begins anew, and the value stays.
  expect(resource.load.value).toMatchObject({ state: "failed", stale: "at last", retryAt: Date.now() + FIRST_RETRY_MS });
});

test("a person's retry is at once, and replaces the automatic one", async () => {
  const { calls, read } = service<string>();
  const resource = new Resource(scope, read);
  void resource.refresh();
  calls[0]!.refuse(unavailable());
  await settle();
  resource.retry();
  expect(calls).toHaveLength(2);
  calls[1]!.answer("here");
  await vi.advanceTimersByTimeAsync(LAST_RETRY_MS);
  expect(calls).toHaveLength(2);
});

test("an answer that will not change is not requested again", async () => {
  const { calls, read } = service<string>();
  const resource = new Resource(scope, read);
  void resource.refresh();
  calls[0]!.refuse(new ApiError({ status: 404, title: "Not found" }));
  await vi.advanceTimersByTimeAsync(LAST_RETRY_MS * 2);
  expect(calls).toHaveLength(1);
  expect(resource.load.value).toMatchObject({ state: "failed", retryAt: null });
});

test("after the end of its scope nothing is read, retried or taken over", async () => {
  const { calls, read } = service<string>();
  const resource = new Resource(scope, read);
  void resource.refresh();
  scope.dispose();
  expect(calls[0]!.signal.aborted).toBe(true);
  calls[0]!.answer("late");
  resource.set("later");
  void resource.refresh();
  await vi.advanceTimersByTimeAsync(LAST_RETRY_MS);
  expect(calls).toHaveLength(1);
  expect(valueOf(resource.load.value)).toBeNull();
});

test("stopping keeps the value", async () => {
  const { calls, read } = service<string>();
  const resource = new Resource(scope, read);
  resource.set("kept");
  void resource.refresh();
  resource.stop();
  calls[0]!.answer("unwanted");
  await settle();
  expect(resource.load.value).toEqual({ state: "ready", value: "kept" });
});
