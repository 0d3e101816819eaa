import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Scope } from "./scope";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("cleanups run once, the newest first", () => {
  const scope = new Scope();
  const ran: string[] = [];
  scope.add(() => ran.push("first"));
  const early = scope.add(() => ran.push("second"));
  scope.add(() => ran.push("third"));
  early();
  early();
  scope.dispose();
  scope.dispose();
  expect(ran).toEqual(["second", "third", "first"]);
});

test("nothing leaks past the end of a scope", () => {
  const scope = new Scope();
  scope.dispose();
  const cleanup = vi.fn();
  const late = vi.fn();
  scope.add(cleanup);
  scope.timeout(late, 10);
  scope.listen(window, "online", late);
  scope.effect(late);
  dispatchEvent(new Event("online"));
  vi.runAllTimers();
  expect(cleanup).toHaveBeenCalledOnce();
  expect(late).not.toHaveBeenCalled();
});

test("listeners, timers, effects and children end with their scope", () => {
  const scope = new Scope();
  const child = scope.child();
  const heard = vi.fn();
  const source = signal(0);
  child.listen(window, "online", heard);
  child.timeout(heard, 10);
  child.effect(() => void (source.value > 0 && heard()));
  scope.dispose();
  dispatchEvent(new Event("online"));
  vi.runAllTimers();
  source.value = 1;
  expect(child.isDisposed).toBe(true);
  expect(heard).not.toHaveBeenCalled();
});

test("a child that ends early is forgotten by its parent", () => {
  const scope = new Scope();
  const child = scope.child();
  const cleanup = vi.fn();
  child.add(cleanup);
  child.dispose();
  scope.dispose();
  expect(cleanup).toHaveBeenCalledOnce();
});
