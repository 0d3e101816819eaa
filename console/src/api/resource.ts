// A value that is read from the service: the latest answer wins, and after a failure it
// is read again, ever later.

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Scope } from "../lib/scope";
import { ApiError } from "./errors";

export type Load<T> =
  | { state: "idle" }
  | { state: "loading"; stale: T | null }
  | { state: "ready"; value: T }
  /** `retryAt` is the time of the next automatic attempt, in milliseconds since 1970. */
  | { state: "failed"; error: ApiError; stale: T | null; retryAt: number | null };

/** The wait after the first failure; it doubles up to the longest, in milliseconds. */
export const FIRST_RETRY_MS = 2_000;
export const LAST_RETRY_MS = 60_000;

export interface Options<T> {
  /** Whether an answer may replace the value that is there; otherwise it is dropped. */
  accept?: (answer: T, current: T) => boolean;
}

/** The value of a load, if only an earlier one. */
export function valueOf<T>(load: Load<T>): T | null {
  switch (load.state) {
    case "ready":
      return load.value;
    case "loading":
    case "failed":
      return load.stale;
    case "idle":
      return null;
  }
}

export class Resource<T> {
  readonly #load = signal<Load<T>>({ state: "idle" });
  readonly #value = computed(() => valueOf(this.#load.value));
  #reading: AbortController | null = null;
  #version: string | null = null;
  #delayMs = FIRST_RETRY_MS;
  #cancelRetry = () => {};

  constructor(
    private readonly scope: Scope,
    private readonly read: (signal: AbortSignal) => Promise<T>,
    private readonly options: Options<T> = {},
  ) {
    scope.add(() => this.#cancel());
  }

  get load(): ReadonlySignal<Load<T>> {
    return this.#load;
  }

  /** The newest value, also while a newer one is being read. */
  get value(): T | null {
    return this.#value.value;
  }

  /** Reads now. An earlier read is aborted, and its answer counts no more. */
  async refresh(): Promise<void> {
    if (this.scope.isDisposed) return;
    this.#cancel();
    const reading = new AbortController();
    this.#reading = reading;
    this.#load.value = { state: "loading", stale: valueOf(this.#load.peek()) };
    try {
      const answer = await this.read(reading.signal);
      if (this.#reading === reading) this.#succeed(answer);
    } catch (error) {
      if (this.#reading === reading) this.#fail(ApiError.from(error));
    }
  }

  /** Reads once for each version, however often it is called: a version that failed is
   * read again by the back-off alone. Returns whether the version is another one. */
  ensure(version: string): boolean {
    if (this.#version === version) return false;
    this.#version = version;
    this.retry();
    return true;
  }

  /** Reads at once, because a person wants it: the back-off begins anew. */
  retry(): void {
    this.#delayMs = FIRST_RETRY_MS;
    void this.refresh();
  }

  /** Takes over a value that the service has just given. A read under way may have begun
   * before, so it is made again. */
  set(value: T): void {
    if (this.scope.isDisposed) return;
    const current = valueOf(this.#load.peek());
    const accepted = current === null || (this.options.accept?.(value, current) ?? true);
    const wasReading = this.#reading !== null;
    if (accepted) {
      this.#cancel();
      this.#delayMs = FIRST_RETRY_MS;
      this.#load.value = { state: "ready", value };
    }
    if (accepted && wasReading) void this.refresh();
  }

  /** Changes the value, if there is one. */
  update(change: (value: T) => T): void {
    const current = valueOf(this.#load.peek());
    if (current === null) void this.refresh();
    else this.set(change(current));
  }

  /** Ends reads and retries; the value stays. */
  stop(): void {
    this.#cancel();
    const load = this.#load.peek();
    const value = valueOf(load);
    if (load.state === "loading") this.#load.value = value === null ? { state: "idle" } : { state: "ready", value };
  }

  #cancel(): void {
    this.#cancelRetry();
    this.#cancelRetry = () => {};
    const reading = this.#reading;
    this.#reading = null;
    reading?.abort();
  }

  #succeed(answer: T): void {
    this.#reading = null;
    this.#delayMs = FIRST_RETRY_MS;
    const current = valueOf(this.#load.peek());
    const accepted = current === null || (this.options.accept?.(answer, current) ?? true);
    this.#load.value = { state: "ready", value: accepted ? answer : (current as T) };
  }

  #fail(error: ApiError): void {
    this.#reading = null;
    const stale = valueOf(this.#load.peek());
    let retryAt: number | null = null;
    if (error.isRetryable) {
      retryAt = Date.now() + this.#delayMs;
      this.#cancelRetry = this.scope.timeout(() => void this.refresh(), this.#delayMs);
      this.#delayMs = Math.min(this.#delayMs * 2, LAST_RETRY_MS);
    }
    this.#load.value = { state: "failed", error, stale, retryAt };
  }
}
