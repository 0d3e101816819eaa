// A collection's interviews beside each other, under one rubric.

import { signal } from "@preact/signals";
import { api, ask, type Collection, type ComparedRubric, type Comparison } from "../api/client";
import { ApiError, reason } from "../api/errors";
import { collectionText } from "../i18n/collections";
import { text } from "../i18n/en";
import { labelOf } from "../lib/lookup";
import type { Scope } from "../lib/scope";

const words = collectionText.comparison;

/** How many interviews are read at once. */
const PAGE = 50;

export interface ComparisonService {
  collection(id: string): Promise<Collection>;
  page(id: string, rubric: string | null, token: string | null): Promise<Comparison>;
  /** The names of the user's rubrics, by their ids. */
  rubrics(): Promise<ReadonlyMap<string, string>>;
}

export const comparisonService: ComparisonService = {
  collection: (id) => ask(api.GET("/v1/collections/{collection_id}", { params: { path: { collection_id: id } } })),
  page(id, rubric, token) {
    const query = { limit: PAGE, ...(rubric && { rubric }), ...(token && { page_token: token }) };
    return ask(api.GET("/v1/collections/{collection_id}/comparison", { params: { path: { collection_id: id }, query } }));
  },
  async rubrics() {
    const { items } = await ask(api.GET("/v1/rubrics", { params: { query: { limit: 100 } } }));
    return new Map(items.map(({ id, name }) => [id, name]));
  },
};

export class ComparisonStore {
  readonly collection = signal<Collection | null>(null);
  readonly comparison = signal<Comparison | null>(null);
  readonly failure = signal<string | null>(null);
  readonly isGone = signal(false);
  /** The key of the rubric that is chosen; null for the most frequent one. */
  readonly rubric = signal<string | null>(null);
  readonly #names = signal<ReadonlyMap<string, string>>(new Map());
  #turn = 0;

  constructor(
    private readonly scope: Scope,
    private readonly id: string,
    private readonly service: ComparisonService = comparisonService,
  ) {}

  /** Reads everything. */
  read(): void {
    void this.#attempt(async () => {
      this.collection.value = await this.service.collection(this.id);
    });
    // Without names the rubrics are told apart by their versions.
    this.service.rubrics().then(
      (names) => (this.#names.value = names),
      () => {},
    );
    void this.#readPage();
  }

  /** Compares by another rubric. */
  choose(key: string): void {
    this.rubric.value = key;
    void this.#readPage();
  }

  /** Reads one more page. */
  async more(): Promise<void> {
    const { value: known } = this.comparison;
    if (!known?.next_page_token) return;
    const turn = this.#turn;
    await this.#attempt(async () => {
      const page = await this.service.page(this.id, this.rubric.value, known.next_page_token ?? null);
      if (turn === this.#turn) this.comparison.value = { ...page, items: [...known.items, ...page.items] };
    });
  }

  /** What a rubric is called. */
  nameOf({ rubric_id, version, kind, competencies }: ComparedRubric): string {
    if (rubric_id) return words.version(this.#names.value.get(rubric_id) ?? words.deletedRubric, version ?? 1);
    if (kind) return words.ofKind(labelOf(text.kind, kind));
    return words.own(competencies.join(", "));
  }

  /** What the rubric with this key is called. */
  nameOfKey(key: string): string {
    const rubric = this.comparison.value?.rubrics.find((own) => own.key === key);
    return rubric ? this.nameOf(rubric) : "";
  }

  async #readPage(): Promise<void> {
    const turn = ++this.#turn;
    await this.#attempt(async () => {
      const page = await this.service.page(this.id, this.rubric.value, null);
      if (turn === this.#turn) this.comparison.value = page;
    });
  }

  async #attempt(read: () => Promise<void>): Promise<void> {
    try {
      await read();
      this.failure.value = null;
    } catch (error) {
      if (this.scope.isDisposed) return;
      if (error instanceof ApiError && error.status === 404) this.isGone.value = true;
      else this.failure.value = reason(error);
    }
  }
}
