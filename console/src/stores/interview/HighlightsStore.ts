// The highlights of an interview. They are read when something shows them, and again when
// the transcript changes, since they follow its corrections.

import { untracked } from "@preact/signals";
import { api, ask, every, type Highlight, type NewHighlight } from "../../api/client";
import { Resource } from "../../api/resource";
import { attempt, type Outcome } from "../../lib/outcome";
import type { Scope } from "../../lib/scope";
import type { InterviewStore } from "./InterviewStore";
import { newKey } from "./service";

export interface HighlightsService {
  list(signal: AbortSignal): Promise<Highlight[]>;
  /** `key` makes a repeated request the same request. */
  add(highlight: NewHighlight, key: string): Promise<Highlight>;
  change(id: string, tags: string[]): Promise<Highlight>;
  remove(id: string): Promise<void>;
}

export function highlightsService(id: string): HighlightsService {
  const path = { id };
  return {
    list: (signal) => every((query) => ask(api.GET("/v1/interviews/{id}/highlights", { params: { path, query }, signal }))),
    add(body, key) {
      const params = { path, header: { "Idempotency-Key": key } };
      return ask(api.POST("/v1/interviews/{id}/highlights", { params, body }));
    },
    change: (highlight_id, tags) =>
      ask(api.PATCH("/v1/interviews/{id}/highlights/{highlight_id}", { params: { path: { id, highlight_id } }, body: { tags } })),
    async remove(highlight_id) {
      await ask(api.DELETE("/v1/interviews/{id}/highlights/{highlight_id}", { params: { path: { id, highlight_id } } }));
    },
  };
}

/** By time, as the service has them. */
function inOrder(highlights: readonly Highlight[]): Highlight[] {
  return [...highlights].sort((a, b) => a.start_ms - b.start_ms || a.created_at.localeCompare(b.created_at));
}

export class HighlightsStore {
  readonly list: Resource<Highlight[]>;
  /** The keys of highlights that the service may have stored without the page knowing. */
  readonly #keys = new Map<string, string>();
  #isStarted = false;

  constructor(
    private readonly scope: Scope,
    private readonly transcript: Pick<Resource<unknown>, "value">,
    private readonly service: HighlightsService,
  ) {
    this.list = new Resource(scope, (signal) => service.list(signal));
  }

  /** Begins to read them, once. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.scope.effect(() => {
      if (this.transcript.value) untracked(() => void this.list.refresh());
    });
  }

  add(highlight: NewHighlight): Promise<Outcome> {
    return attempt(async () => {
      const wanted = JSON.stringify(highlight);
      const key = this.#keys.get(wanted) ?? newKey();
      // After an answer that was lost, the same highlight is the same request.
      this.#keys.set(wanted, key);
      const made = await this.service.add(highlight, key);
      this.#keys.delete(wanted);
      this.list.update((all) => inOrder([...all.filter(({ id }) => id !== made.id), made]));
    });
  }

  change({ id }: Highlight, tags: string[]): Promise<Outcome> {
    return attempt(async () => {
      const changed = await this.service.change(id, tags);
      this.list.update((all) => inOrder(all.map((other) => (other.id === id ? changed : other))));
    });
  }

  remove({ id }: Highlight): Promise<Outcome> {
    return attempt(async () => {
      await this.service.remove(id);
      this.list.update((all) => all.filter((other) => other.id !== id));
    });
  }
}

const stores = new WeakMap<InterviewStore, HighlightsStore>();

/** The highlights of an interview that is shown. */
export function highlightsOf(interview: InterviewStore): HighlightsStore {
  let store = stores.get(interview);
  if (!store) {
    store = new HighlightsStore(interview.child(), interview.transcript, highlightsService(interview.id));
    stores.set(interview, store);
  }
  return store;
}
