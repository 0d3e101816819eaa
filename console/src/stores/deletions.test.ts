import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "../api/errors";
import { Scope } from "../lib/scope";
import { toasts } from "../ui/toasts";
import { Deletions } from "./deletions";

const request = vi.fn(async (_id: string) => {});
const deleted = vi.fn();
let scope: Scope;
let deletions: Deletions;

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  request.mockImplementation(async () => {});
  scope = new Scope();
  deletions = new Deletions(scope, deleted, request);
});
afterEach(async () => {
  await vi.runAllTimersAsync();
  scope.dispose();
  vi.useRealTimers();
});

test("an interview is deleted when its toast has gone", async () => {
  deletions.remove({ id: "a1", title: "Ada" });
  expect([...deletions.ids.value]).toEqual(["a1"]);
  await vi.advanceTimersByTimeAsync(5_900);
  expect(request).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(200);
  expect(request).toHaveBeenCalledExactlyOnceWith("a1");
  expect(deleted).toHaveBeenCalledExactlyOnceWith("a1");
  // An older answer may still have it.
  expect(deletions.all.value.get("a1")?.state).toBe("deleted");
});

test("a deletion can be undone by its toast", async () => {
  deletions.remove({ id: "a1", title: "Ada" });
  toasts.value.at(-1)!.close();
  const deletion = deletions.all.value.get("a1");
  if (deletion?.state === "undoable") deletion.undo();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(request).not.toHaveBeenCalled();
  expect(deletions.ids.value.size).toBe(0);
});

const several = ["a1", "a2", "a3"].map((id) => ({ id, title: id }));

test("several interviews are deleted ten seconds later, and undone by one toast", async () => {
  deletions.removeAll(several);
  expect([...deletions.ids.value]).toEqual(["a1", "a2", "a3"]);
  expect(toasts.value.map(({ text }) => text)).toEqual(["3 interviews deleted"]);
  await vi.advanceTimersByTimeAsync(9_900);
  expect(request).not.toHaveBeenCalled();
  toasts.value[0]!.action!.run();
  toasts.value[0]!.close();
  expect(deletions.ids.value.size).toBe(0);
  deletions.removeAll(several);
  await vi.advanceTimersByTimeAsync(10_100);
  expect(request.mock.calls.map(([id]) => id).sort()).toEqual(["a1", "a2", "a3"]);
  expect(deleted).toHaveBeenCalledTimes(3);
});

test("who leaves deletes all that could be undone, once", async () => {
  deletions.removeAll(several);
  await deletions.finish();
  expect(request).toHaveBeenCalledTimes(3);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(request).toHaveBeenCalledTimes(3);
});

test("what could not be deleted comes back", async () => {
  request.mockRejectedValueOnce(new ApiError({ status: 503, title: "Not now" }));
  deletions.remove({ id: "a1", title: "Ada" });
  await vi.advanceTimersByTimeAsync(6_000);
  expect(deletions.ids.value.size).toBe(0);
  expect(toasts.value.map(({ text }) => text)).toEqual(["Couldn't delete. Not now"]);
});

test("what has gone already counts as deleted", async () => {
  request.mockRejectedValueOnce(new ApiError({ status: 404 }));
  deletions.remove({ id: "a1", title: "Ada" });
  await deletions.finish();
  expect(deleted).toHaveBeenCalledExactlyOnceWith("a1");
});
