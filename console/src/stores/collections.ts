// The user's collections: a role, a study, a story.

import { signal } from "@preact/signals";
import { api, ask, type Collection, type NewCollection } from "../api/client";
import { reason } from "../api/errors";

const PAGE = 100;

async function readAll(): Promise<Collection[]> {
  const all: Collection[] = [];
  let after: string | null | undefined = null;
  do {
    const query: { limit: number; page_token?: string } = { limit: PAGE, ...(after && { page_token: after }) };
    const page: { items: Collection[]; next_page_token?: string | null } = await ask(
      api.GET("/v1/collections", { params: { query } }),
    );
    all.push(...page.items);
    after = page.next_page_token;
  } while (after);
  return all.sort((one, other) => one.title.localeCompare(other.title));
}

export class Collections {
  /** By their titles; null until they are read. */
  readonly all = signal<Collection[] | null>(null);
  readonly failure = signal<string | null>(null);
  #reading: Promise<void> | null = null;

  constructor(private readonly read: () => Promise<Collection[]> = readAll) {}

  /** Reads them, unless that is under way. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => (this.#reading = null));
    return this.#reading;
  }

  /** Reads them where they are not there yet. */
  ensure(): void {
    if (this.all.value === null) void this.refresh();
  }

  find(id: string): Collection | undefined {
    return this.all.value?.find((own) => own.id === id);
  }

  /** Stores a new collection, or changes one. Throws where the service refuses it. */
  async save(id: string | null, collection: NewCollection): Promise<Collection> {
    const saved =
      id === null
        ? await ask(api.POST("/v1/collections", { body: collection, params: { header: { "Idempotency-Key": crypto.randomUUID() } } }))
        : await ask(api.PATCH("/v1/collections/{collection_id}", { params: { path: { collection_id: id } }, body: collection }));
    await this.refresh();
    return saved;
  }

  /** Deletes a collection. Throws where the service refuses it. */
  async remove(id: string): Promise<void> {
    await ask(api.DELETE("/v1/collections/{collection_id}", { params: { path: { collection_id: id } } }));
    this.all.value = this.all.value?.filter((own) => own.id !== id) ?? null;
  }

  async #read(): Promise<void> {
    try {
      this.all.value = await this.read();
      this.failure.value = null;
    } catch (error) {
      this.failure.value = reason(error);
    }
  }
}
