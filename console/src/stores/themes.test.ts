import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { CollectionThemes } from "../api/client";
import { Scope } from "../lib/scope";
import { AGAIN_MS, ThemesStore } from "./themes";

type Run = NonNullable<CollectionThemes["run"]>;

function themes(state: Run["state"]): CollectionThemes {
  const run: Run = {
    number: 1,
    state,
    attempt: 1,
    engine: "e",
    requested_at: "2026-01-01T00:00:00.000Z",
    started_at: null,
    finished_at: null,
    waits_until: null,
    error: null,
  };
  return { run, result: null };
}

let scope: Scope;
beforeEach(() => {
  vi.useFakeTimers();
  scope = new Scope();
});
afterEach(() => {
  scope.dispose();
  vi.useRealTimers();
});

test("an open run is read until it is settled", async () => {
  const answers = [themes("pending"), themes("running"), themes("done")];
  let reads = 0;
  const store = new ThemesStore(scope, "c", {
    read: async () => answers[Math.min(++reads, 2)]!,
    start: async () => answers[0]!,
  });
  await store.start();
  expect(store.themes.value?.run?.state).toBe("pending");
  await vi.advanceTimersByTimeAsync(AGAIN_MS);
  expect(store.themes.value?.run?.state).toBe("running");
  await vi.advanceTimersByTimeAsync(AGAIN_MS * 5);
  expect([store.themes.value?.run?.state, reads]).toEqual(["done", 2]);
});

test("a failure is shown, what was read stays, and an open run is read again", async () => {
  let isBroken = true;
  const store = new ThemesStore(scope, "c", {
    read: async () => {
      if (isBroken) throw new Error("lost");
      return themes("done");
    },
    start: async () => themes("pending"),
  });
  await store.start();
  await vi.advanceTimersByTimeAsync(AGAIN_MS);
  expect(store.failure.value).not.toBeNull();
  expect(store.themes.value?.run?.state).toBe("pending");
  isBroken = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect([store.failure.value, store.themes.value?.run?.state]).toEqual([null, "done"]);
});

test("nothing is read after the page is left", async () => {
  let reads = 0;
  const store = new ThemesStore(scope, "c", {
    read: async () => {
      reads += 1;
      return themes("running");
    },
    start: async () => themes("pending"),
  });
  await store.read();
  scope.dispose();
  await vi.advanceTimersByTimeAsync(AGAIN_MS * 5);
  expect(reads).toBe(1);
});
