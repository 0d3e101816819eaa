// The highlights of all interviews of a collection, page by page.

import { signal } from "@preact/signals";
import { api, ask, type CollectionHighlight } from "../api/client";
import { reason } from "../api/errors";
import type { Scope } from "../lib/scope";

const PAGE = 50;

interface Page {
  items: CollectionHighlight[];
  next_page_token: string | null;
}

export type ReadHighlights = (id: string, tag: string, token: string | null) => Promise<Page>;

const read: ReadHighlights = (id, tag, token) => {
  const query = { limit: PAGE, ...(tag && { tag }), ...(token && { page_token: token }) };
  return ask(api.GET("/v1/collections/{collection_id}/highlights", { params: { path: { collection_id: id }, query } }));
};

export class CollectionHighlights {
  /** Null until they are read. */
  readonly items = signal<CollectionHighlight[] | null>(null);
  readonly hasMore = signal(false);
  readonly isLoading = signal(false);
  readonly failure = signal<string | null>(null);
  /** Only those with this tag; empty for all. */
  readonly tag = signal("");
  #next: string | null = null;
  #turn = 0;

  constructor(
    private readonly scope: Scope,
    private readonly id: string,
    private readonly readPage: ReadHighlights = read,
  ) {}

  /** Reads those with a tag, or all, from the first one on. */
  async start(tag = ""): Promise<void> {
    this.tag.value = tag;
    this.#next = null;
    this.items.value = null;
    await this.#read([]);
  }

  /** Reads on. */
  async more(): Promise<void> {
    await this.#read(this.items.value ?? []);
  }

  /** Reads at least one more, if there are any: a page may have none. */
  async #read(known: CollectionHighlight[]): Promise<void> {
    const turn = ++this.#turn;
    this.isLoading.value = true;
    this.failure.value = null;
    try {
      const items = [...known];
      let next = this.#next;
      do {
        const page = await this.readPage(this.id, this.tag.value, next);
        if (turn !== this.#turn || this.scope.isDisposed) return;
        items.push(...page.items);
        next = page.next_page_token;
      } while (items.length === known.length && next);
      this.#next = next;
      this.items.value = items;
      this.hasMore.value = next !== null;
    } catch (error) {
      if (turn === this.#turn && !this.scope.isDisposed) this.failure.value = reason(error);
    } finally {
      if (turn === this.#turn) this.isLoading.value = false;
    }
  }
}
