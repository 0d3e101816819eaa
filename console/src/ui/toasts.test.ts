import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { held, toast, toasts } from "./toasts";

const shown = () => toasts.value.map(({ text }) => text);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
});

test("the same failure is shown once, and longer", () => {
  for (let time = 0; time < 6; time += 1) {
    toast("Couldn't load the waveform.", { bad: true });
    vi.advanceTimersByTime(1_000);
  }
  expect(shown()).toEqual(["Couldn't load the waveform."]);
  vi.advanceTimersByTime(4_900);
  expect(shown()).toHaveLength(1);
  vi.advanceTimersByTime(200);
  expect(shown()).toEqual([]);
});

test("at most three failures are shown at once", () => {
  for (const text of ["a", "b", "c", "d"]) toast(text, { bad: true });
  expect(shown()).toEqual(["b", "c", "d"]);
});

test("what can be undone is not undone by failures", () => {
  const after = vi.fn();
  toast("“Ada” deleted", { after });
  for (const text of ["a", "b", "c", "d"]) toast(text, { bad: true });
  expect(shown()).toContain("“Ada” deleted");
  vi.advanceTimersByTime(6_000);
  expect(after).toHaveBeenCalledOnce();
});

test("a toast stays while the pointer is on it", () => {
  const after = vi.fn();
  toast("“Ada” deleted", { after });
  held.value = true;
  vi.advanceTimersByTime(30_000);
  expect(after).not.toHaveBeenCalled();
  held.value = false;
  vi.advanceTimersByTime(1_000);
  expect(after).toHaveBeenCalledOnce();
});

test("a dismissed toast does not act", () => {
  const after = vi.fn();
  toast("“Ada” deleted", { after })();
  vi.advanceTimersByTime(30_000);
  expect(after).not.toHaveBeenCalled();
});
