// One owner for lifetimes: listeners, timers, effects and requests end with their scope.

import { effect } from "@preact/signals";

type Cleanup = () => void;

export class Scope {
  readonly #controller = new AbortController();
  readonly #cleanups = new Set<Cleanup>();

  /** Aborted when the scope is disposed. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isDisposed(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Registers a cleanup. Returns a function that runs it now. In a disposed scope it
   * runs at once, so that nothing leaks past `dispose`. */
  add(cleanup: Cleanup): Cleanup {
    if (this.isDisposed) {
      cleanup();
      return () => {};
    }
    const run = () => {
      if (this.#cleanups.delete(run)) cleanup();
    };
    this.#cleanups.add(run);
    return run;
  }

  /** Returns a scope that ends with this one, if not before. */
  child(): Scope {
    const child = new Scope();
    const forget = this.add(() => child.dispose());
    child.signal.addEventListener("abort", () => forget(), { once: true });
    return child;
  }

  /** Listens to an event until the scope ends. */
  listen<E extends Event>(target: EventTarget, type: string, handler: (event: E) => void): void {
    if (this.isDisposed) return;
    target.addEventListener(type, handler as EventListener, { signal: this.signal });
  }

  /** Calls `run` once after so many milliseconds. Returns a function that cancels it. */
  timeout(run: () => void, delayMs: number): Cleanup {
    if (this.isDisposed) return () => {};
    const timer = setTimeout(() => {
      cancel();
      run();
    }, delayMs);
    const cancel = this.add(() => clearTimeout(timer));
    return cancel;
  }

  /** Runs an effect of signals until the scope ends. */
  effect(run: () => void): void {
    if (!this.isDisposed) this.add(effect(run));
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.#controller.abort();
    for (const run of [...this.#cleanups].reverse()) run();
  }
}
