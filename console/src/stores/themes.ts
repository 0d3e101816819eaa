// The themes across a collection: read while a run is open, and started.

import { signal } from "@preact/signals";
import { api, ask, type CollectionThemes } from "../api/client";
import { reason } from "../api/errors";
import type { Scope } from "../lib/scope";

/** The pause between two reads while a run is open, in milliseconds. */
export const AGAIN_MS = 1_500;
/** The same after a failure. */
const AFTER_FAILURE_MS = 10_000;

export interface ThemesService {
  read(id: string): Promise<CollectionThemes>;
  start(id: string): Promise<CollectionThemes>;
}

const path = (id: string) => ({ params: { path: { collection_id: id } } });

export const themesService: ThemesService = {
  read: (id) => ask(api.GET("/v1/collections/{collection_id}/themes", path(id))),
  start: (id) => ask(api.POST("/v1/collections/{collection_id}/themes", path(id))),
};

/** Whether a run goes on. */
export function isOpen({ run }: CollectionThemes): boolean {
  return run?.state === "pending" || run?.state === "running";
}

export class ThemesStore {
  readonly themes = signal<CollectionThemes | null>(null);
  readonly failure = signal<string | null>(null);
  readonly isStarting = signal(false);
  #cancel = () => {};
  #turn = 0;

  constructor(
    private readonly scope: Scope,
    private readonly id: string,
    private readonly service: ThemesService = themesService,
  ) {}

  /** Reads them, and again as long as a run is open. */
  async read(): Promise<void> {
    await this.#take(() => this.service.read(this.id));
  }

  /** Starts a run, or goes on with one that is open. */
  async start(): Promise<void> {
    if (this.isStarting.value) return;
    this.isStarting.value = true;
    await this.#take(() => this.service.start(this.id));
    this.isStarting.value = false;
  }

  async #take(answer: () => Promise<CollectionThemes>): Promise<void> {
    this.#cancel();
    const turn = ++this.#turn;
    let pause = AGAIN_MS;
    try {
      const themes = await answer();
      if (turn !== this.#turn || this.scope.isDisposed) return;
      this.themes.value = themes;
      this.failure.value = null;
    } catch (error) {
      if (turn !== this.#turn || this.scope.isDisposed) return;
      this.failure.value = reason(error);
      pause = AFTER_FAILURE_MS;
    }
    const { value: known } = this.themes;
    if (known && isOpen(known)) this.#cancel = this.scope.timeout(() => void this.read(), pause);
  }
}
