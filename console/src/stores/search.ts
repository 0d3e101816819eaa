// What is said, written and concluded in all interviews: found by the service.

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { api, ask, type SearchHit } from "../api/client";
import { reason } from "../api/errors";
import type { Scope } from "../lib/scope";

/** The pause in typing after which words are searched for, in milliseconds. */
export const PAUSE_MS = 300;
const PAGE = 20;
/** A page can be empty and have a next one: so many are read until there is something. */
const MOST_EMPTY = 10;

export interface HitPage {
  items: SearchHit[];
  next_page_token: string | null;
}

/** The interviews that are searched; empty: all. */
export interface Within {
  /** The id of a collection. */
  collection: string;
  tag: string;
}

export interface SearchService {
  page(q: string, token: string | null, signal: AbortSignal, within: Within): Promise<HitPage>;
}

export const searchService: SearchService = {
  async page(q, token, signal, { collection, tag }) {
    const query = {
      q,
      limit: PAGE,
      ...(token && { page_token: token }),
      ...(collection && { collection_id: collection }),
      ...(tag && { tag }),
    };
    const { items, next_page_token } = await ask(api.GET("/v1/search", { params: { query }, signal }));
    return { items, next_page_token: next_page_token ?? null };
  },
};

/** The hits of one interview, in their order. */
export interface Group {
  id: string;
  title: string;
  createdAt: string;
  hits: SearchHit[];
}

export class Search {
  /** What was found; nothing while nothing is searched for. */
  readonly hits = signal<SearchHit[] | null>(null);
  readonly failure = signal<string | null>(null);
  readonly isLoading = signal(false);
  readonly #next = signal<string | null>(null);
  readonly hasMore = computed(() => this.#next.value !== null);
  /** By interview, the newest first; titles are in the list of interviews already. */
  readonly groups: ReadonlySignal<Group[]>;

  #wanted = "";
  #within: Within = { collection: "", tag: "" };
  #reading: AbortController | null = null;
  #cancel = () => {};

  constructor(
    private readonly scope: Scope,
    hidden: ReadonlySignal<ReadonlySet<string>>,
    private readonly service: SearchService = searchService,
  ) {
    this.groups = computed(() => grouped(this.hits.value ?? [], hidden.value));
    scope.add(() => this.#stop());
  }

  /** Searches for words once no others are typed. */
  look(wanted: string, within: Within = { collection: "", tag: "" }): void {
    const trimmed = wanted.trim();
    const { collection, tag } = this.#within;
    const isSame = within.collection === collection && within.tag === tag;
    if (trimmed === this.#wanted && isSame) return;
    // What other interviews have is not shown while these are searched.
    if (!isSame) this.hits.value = null;
    this.#wanted = trimmed;
    this.#within = within;
    this.#stop();
    if (!trimmed) {
      this.hits.value = null;
      return;
    }
    this.isLoading.value = true;
    this.#cancel = this.scope.timeout(() => void this.#read(null), PAUSE_MS);
  }

  /** Reads the next page, or the first one again after a failure. */
  async loadMore(): Promise<void> {
    if (this.isLoading.value || !this.#wanted) return;
    await this.#read(this.#next.value);
  }

  async #read(from: string | null): Promise<void> {
    const reading = new AbortController();
    this.#reading = reading;
    this.isLoading.value = true;
    this.failure.value = null;
    try {
      let token = from;
      let found: SearchHit[] = [];
      for (let pages = 0; pages < MOST_EMPTY && !found.length; pages += 1) {
        const page = await this.service.page(this.#wanted.slice(0, 200), token, reading.signal, this.#within);
        if (this.#reading !== reading) return;
        found = page.items;
        token = page.next_page_token;
        if (token === null) break;
      }
      this.hits.value = from === null ? found : [...(this.hits.value ?? []), ...found];
      this.#next.value = token;
    } catch (error) {
      if (this.#reading !== reading) return;
      this.failure.value = reason(error);
    }
    this.isLoading.value = false;
  }

  #stop(): void {
    this.#cancel();
    this.#reading?.abort();
    this.#reading = null;
    this.#next.value = null;
    this.failure.value = null;
    this.isLoading.value = false;
  }
}

function grouped(hits: SearchHit[], hidden: ReadonlySet<string>): Group[] {
  const groups = new Map<string, Group>();
  for (const hit of hits) {
    if (hit.field === "title" || hidden.has(hit.interview_id)) continue;
    const { interview_id: id, title, created_at: createdAt } = hit;
    const group = groups.get(id) ?? { id, title, createdAt, hits: [] };
    group.hits.push(hit);
    groups.set(id, group);
  }
  return [...groups.values()];
}

/** A snippet in parts, of which every second one was found. Its places count code points. */
export function parts({ snippet, highlights }: Pick<SearchHit, "snippet" | "highlights">): string[] {
  const characters = [...snippet];
  const all: string[] = [];
  let reached = 0;
  for (const { from, to } of highlights) {
    all.push(characters.slice(reached, from).join(""), characters.slice(from, to).join(""));
    reached = to;
  }
  return [...all, characters.slice(reached).join("")];
}
