// The user's interviews, newest first, kept fresh while the list is shown.

import { computed, type ReadonlySignal, signal, untracked } from "@preact/signals";
import { api, ask, type Interview, type Kind, type Status } from "../api/client";
import { ApiError, reason } from "../api/errors";
import type { Changes } from "../lib/changes";
import type { Scope } from "../lib/scope";

/** Time until the interviews under way are read again, and until the list is, in
 * milliseconds. */
export const SOON_MS = 1_500;
export const LATE_MS = 15_000;
/** All known pages, not only the first, are read at most so often. */
const WHOLE_MS = 5_000;
/** More interviews under way than these are read as a page. */
export const MOST_SINGLE = 8;
const PAGE = 100;

export interface Page {
  items: Interview[];
  next_page_token: string | null;
}

/** Which interviews are listed; empty: all. */
export interface Filters {
  status: Status | "";
  kind: Kind | "";
  /** The id of a collection. */
  collection: string;
  tag: string;
  /** Days of this time zone, as `2026-05-04`, both included. */
  from: string;
  to: string;
}

export const ALL: Filters = { status: "", kind: "", collection: "", tag: "", from: "", to: "" };

/** The moment at which a day begins here, or the one after it; nothing for what is no day. */
export function dayBegin(day: string, after = 0): string | null {
  const [, year, month, date] = day.match(/^(\d{4})-(\d\d)-(\d\d)$/)?.map(Number) ?? [];
  if (!year || !month || !date) return null;
  const begin = new Date(year, month - 1, date + after);
  return Number.isNaN(begin.getTime()) ? null : begin.toISOString();
}

export interface LibraryService {
  page(token: string | null, filters: Filters): Promise<Page>;
  /** The record of one interview; throws an `ApiError` with status 404 if it is gone. */
  record(id: string): Promise<Interview>;
}

export const libraryService: LibraryService = {
  async page(token, { status, kind, collection, tag, from, to }) {
    const [begin, end] = [dayBegin(from), dayBegin(to, 1)];
    const query = {
      limit: PAGE,
      ...(token && { page_token: token }),
      ...(status && { status }),
      ...(kind && { kind }),
      ...(collection && { collection_id: collection }),
      ...(tag && { tag }),
      ...(begin && { from: begin }),
      ...(end && { to: end }),
    };
    const { items, next_page_token } = await ask(api.GET("/v1/interviews", { params: { query } }));
    return { items, next_page_token: next_page_token ?? null };
  },
  record: (id) => ask(api.GET("/v1/interviews/{id}", { params: { path: { id }, query: { fields: [""] } } })),
};

/** Without case and accents. */
function plain(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

export class Library {
  readonly interviews = signal<Interview[] | null>(null);
  readonly failure = signal<string | null>(null);
  readonly isLoading = signal(false);
  readonly filters = signal<Filters>(ALL);
  readonly search = signal("");
  readonly #next = signal<string | null>(null);
  readonly hasMore = computed(() => this.#next.value !== null);
  /** The interviews that fit the search, without those that are being deleted. */
  readonly shown: ReadonlySignal<Interview[]>;

  #reading = 0;
  #wholeAt = 0;
  /** Until this time a change that was made here may still have consequences. */
  #eagerUntil = 0;
  #look = () => {};

  constructor(
    scope: Scope,
    private readonly changes: Changes,
    /** The ids of the interviews that are being deleted. */
    private readonly hidden: ReadonlySignal<ReadonlySet<string>>,
    private readonly service: LibraryService = libraryService,
  ) {
    this.shown = computed(() => {
      const words = plain(this.search.value).split(/\s+/).filter(Boolean);
      return (this.interviews.value ?? []).filter((interview) => {
        const title = plain(interview.title);
        const { status } = this.filters.value;
        const wanted = !status || interview.status === status;
        return wanted && !hidden.value.has(interview.id) && words.every((word) => title.includes(word));
      });
    });
    changes.fromThisTab(scope, () => {
      this.#eagerUntil = Date.now() + LATE_MS;
      this.#wholeAt = 0;
      this.#look();
    });
    // What is not deleted after all may have changed meanwhile.
    let hiddenBefore = 0;
    scope.effect(() => {
      const { size } = hidden.value;
      if (size < hiddenBefore) untracked(() => this.#look());
      hiddenBefore = size;
    });
    // A search is over all interviews, so missing pages are read for it.
    scope.effect(() => {
      if (this.search.value && this.hasMore.value && !this.isLoading.value && !this.failure.value) void this.loadMore();
    });
  }

  /** Sets what is shown; with other filters it is another list. */
  filter(search: string, filters: Filters): void {
    this.search.value = search;
    const before = this.filters.value;
    if ((Object.keys(ALL) as (keyof Filters)[]).every((name) => before[name] === filters[name])) return;
    this.filters.value = filters;
    if (this.interviews.value === null) return;
    this.interviews.value = null;
    this.#next.value = null;
    void this.#refresh();
  }

  /** Keeps the list fresh until the scope ends. */
  watch(scope: Scope): void {
    let cancel = () => {};
    let listAt = 0;
    const look = async (whole: boolean) => {
      cancel();
      const visible = document.visibilityState === "visible";
      if (visible || this.interviews.value === null) {
        const due = whole || Date.now() - listAt >= LATE_MS;
        if (due || !(await this.#refreshUnderWay())) {
          listAt = Date.now();
          await this.#refresh();
        }
      }
      cancel();
      const soon = !this.failure.value && this.#underWay().length > 0;
      cancel = scope.timeout(() => void look(false), soon ? SOON_MS : LATE_MS);
    };
    const now = () => void look(true);
    this.#look = now;
    now();
    this.changes.fromOtherTabs(scope, now);
    scope.listen(document, "visibilitychange", now);
    scope.add(() => (this.#look = () => {}));
  }

  /** Reads one more page. */
  async loadMore(): Promise<void> {
    if (this.#next.value === null || this.isLoading.value) return;
    this.isLoading.value = true;
    const wanted = this.filters.value;
    try {
      const { items, next_page_token } = await this.service.page(this.#next.value, wanted);
      if (wanted !== this.filters.value) return;
      const known = new Set(this.interviews.value?.map(({ id }) => id));
      this.interviews.value = [...(this.interviews.value ?? []), ...items.filter(({ id }) => !known.has(id))];
      this.#next.value = next_page_token;
    } catch (error) {
      this.failure.value = reason(error);
    } finally {
      this.isLoading.value = false;
    }
  }

  /** Takes over an interview that has been changed here. */
  put(changed: Interview): void {
    this.interviews.value = this.interviews.value?.map((own) => (own.id === changed.id ? changed : own)) ?? null;
  }

  /** Removes an interview that has been deleted. */
  drop(id: string): void {
    this.interviews.value = this.interviews.value?.filter((interview) => interview.id !== id) ?? null;
  }

  /** Reads the list again: its first page each time, the others now and then. */
  async #refresh(): Promise<void> {
    const turn = ++this.#reading;
    this.isLoading.value = true;
    try {
      const known = this.interviews.value ?? [];
      const { from, to } = this.filters.value;
      // A list by date cannot be continued by the time of creation.
      const whole = from !== "" || to !== "" || Date.now() - this.#wholeAt >= WHOLE_MS;
      const read: Interview[] = [];
      let after: string | null = null;
      do {
        const page: Page = await this.service.page(after, this.filters.value);
        // A later read is under way, perhaps of another list.
        if (turn !== this.#reading) return;
        read.push(...page.items);
        after = page.next_page_token;
      } while (whole && after !== null && read.length < known.length);
      if (whole) this.#wholeAt = Date.now();
      const oldest = read.at(-1)?.created_at ?? "";
      const rest = whole || after === null ? [] : known.filter(({ created_at }) => created_at < oldest);
      this.interviews.value = [...read, ...rest];
      if (!rest.length) this.#next.value = after;
      this.failure.value = null;
    } catch (error) {
      if (turn === this.#reading) this.failure.value = reason(error);
    } finally {
      if (turn === this.#reading) this.isLoading.value = false;
    }
  }

  /** The interviews that change by themselves, or soon will after what was done here. Those
   * that are being deleted are not read: they may be gone. */
  #underWay(): Interview[] {
    const eager = Date.now() < this.#eagerUntil;
    return (this.interviews.value ?? []).filter(
      ({ id, status }) =>
        !this.hidden.value.has(id) && (status === "processing" || (eager && status === "awaiting_upload")),
    );
  }

  /** Reads the interviews under way by themselves: a page would be a hundred records.
   * Returns false where the list has to be read instead. */
  async #refreshUnderWay(): Promise<boolean> {
    const known = this.interviews.value;
    const running = this.#underWay();
    if (!known || !running.length || running.length > MOST_SINGLE) return false;
    const turn = ++this.#reading;
    try {
      const fresh = await Promise.all(running.map(({ id }) => this.service.record(id)));
      if (turn !== this.#reading) return true;
      const byId = new Map(fresh.map((interview) => [interview.id, interview]));
      const wanted = this.filters.value.status;
      this.interviews.value = (this.interviews.value ?? [])
        .map((interview) => byId.get(interview.id) ?? interview)
        .filter(({ status }) => !wanted || status === wanted);
      this.failure.value = null;
      return true;
    } catch (error) {
      // One of them may have been deleted elsewhere: the list knows.
      if (error instanceof ApiError && error.status === 404) return false;
      if (turn === this.#reading) this.failure.value = reason(error);
      return true;
    } finally {
      if (turn === this.#reading) this.isLoading.value = false;
    }
  }
}
