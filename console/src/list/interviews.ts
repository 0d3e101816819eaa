// The user's interviews, newest first, kept fresh.

import { computed, effect, signal } from "@preact/signals";
import { api, ApiError, ask, headers, type Interview, reason, type Status } from "../api/client";
import { say } from "../ui/toasts";

/** Time until the list is requested again, while a step runs and otherwise. */
const SOON_MS = 1_500;
const LATE_MS = 15_000;
/** And all that is known, not only its first page, at most so often. */
const WHOLE_MS = 5_000;
const PAGE = 100;

export const interviews = signal<Interview[] | null>(null);
export const failure = signal<string | null>(null);
/** Where the next page begins. */
const next = signal<string | null>(null);
export const loading = signal(false);
export const more = computed(() => next.value !== null);

export const status = signal<Status | "">("");
export const search = signal("");

/** Deleted here: how to undo that, until the service has been asked to. */
export const going = signal<ReadonlyMap<string, (() => void) | "asked" | "gone">>(new Map());

function plain(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Those that are asked for. */
export const shown = computed(() => {
  const words = plain(search.value).split(/\s+/).filter(Boolean);
  return (interviews.value ?? []).filter((interview) => {
    const title = plain(interview.title);
    const wanted = !status.value || interview.status === status.value;
    return wanted && !going.value.has(interview.id) && words.every((word) => title.includes(word));
  });
});

const underWay = computed(() => (interviews.value ?? []).some(({ status }) => status === "processing"));
/** Until when something may still come of what was done here. */
let eager = 0;

async function page(token: string | null) {
  const query = { limit: PAGE, ...(token && { page_token: token }), ...(status.value && { status: status.value }) };
  return ask(api.GET("/v1/interviews", { params: { query } }));
}

let asking = 0;

/** When all that is known was read the last time. */
let wholeAt = 0;

/** Reads again what is known: its first page each time, the others now and then. */
async function refresh(): Promise<void> {
  const turn = ++asking;
  loading.value = true;
  try {
    const known = interviews.value ?? [];
    const whole = Date.now() - wholeAt >= WHOLE_MS;
    const read: Interview[] = [];
    let after: string | null = null;
    do {
      const { items, next_page_token } = await page(after);
      // Another answer is on its way, perhaps to another question.
      if (turn !== asking) return;
      read.push(...items);
      after = next_page_token;
    } while (whole && after !== null && read.length < known.length);
    if (whole) wholeAt = Date.now();
    const oldest = read.at(-1)?.created_at ?? "";
    const rest = whole || after === null ? [] : known.filter(({ created_at }) => created_at < oldest);
    interviews.value = [...read, ...rest];
    if (!rest.length) next.value = after;
    failure.value = null;
  } catch (error) {
    if (turn === asking) failure.value = reason(error);
  } finally {
    if (turn === asking) loading.value = false;
  }
}

/** Reads one more page. */
export async function loadMore(): Promise<void> {
  if (next.value === null || loading.value) return;
  loading.value = true;
  const wanted = status.value;
  try {
    const { items, next_page_token } = await page(next.value);
    if (wanted !== status.value) return;
    const known = new Set(interviews.value?.map(({ id }) => id));
    interviews.value = [...(interviews.value ?? []), ...items.filter(({ id }) => !known.has(id))];
    next.value = next_page_token;
  } catch (error) {
    failure.value = reason(error);
  } finally {
    loading.value = false;
  }
}

// A search is over all, so what is not here yet is fetched for it.
effect(() => {
  if (search.value && more.value && !loading.value && !failure.value) void loadMore();
});

status.subscribe(() => {
  if (interviews.value === null) return;
  interviews.value = null;
  next.value = null;
  void refresh();
});

const tabs = new BroadcastChannel("interviewlens");
let look: () => void = () => {};

/** Something has changed, of one interview or of the list: looks again, and tells the
 * other tabs. */
export function changed(id?: string): void {
  tabs.postMessage(id ?? "");
  eager = Date.now() + LATE_MS;
  wholeAt = 0;
  look();
}

/** Tells what has changed in other tabs, until that is no longer wanted. */
export function heard(until: AbortSignal, tell: (id: string) => void): void {
  tabs.addEventListener("message", ({ data }: MessageEvent<string>) => tell(data), { signal: until });
}

/** Keeps the list fresh while it is shown; answers how to stop. */
export function watch(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = new AbortController();
  const again = async () => {
    clearTimeout(timer);
    if (document.visibilityState === "visible" || interviews.value === null) await refresh();
    clearTimeout(timer);
    const soon = !failure.value && (underWay.value || Date.now() < eager);
    if (!stop.signal.aborted) timer = setTimeout(look, soon ? SOON_MS : LATE_MS);
  };
  look = () => void again();
  look();
  heard(stop.signal, look);
  document.addEventListener("visibilitychange", look, { signal: stop.signal });
  return () => {
    stop.abort();
    clearTimeout(timer);
    look = () => {};
  };
}

function set(id: string, how: (() => void) | "asked" | "gone"): void {
  going.value = new Map(going.value).set(id, how);
}

function keep(id: string): void {
  going.value = new Map([...going.value].filter(([other]) => other !== id));
}

/** Deletes an interview when its toast has gone, unless that is undone. */
export function remove({ id, title }: Interview): void {
  if (going.value.has(id)) return;
  const close = say(`“${title}” is deleted.`, {
    action: { label: "Undo", run: () => keep(id) },
    after: () => void removeNow(id),
  });
  set(id, () => {
    close();
    keep(id);
  });
}

async function removeNow(id: string): Promise<void> {
  set(id, "asked");
  try {
    // Leaving the page does not stop it.
    await ask(api.DELETE("/v1/interviews/{id}", { params: { path: { id } }, keepalive: true }));
  } catch (error) {
    const missing = error instanceof ApiError && error.status === 404;
    if (!missing) {
      keep(id);
      say(`Not deleted: ${reason(error)}`, { bad: true });
      return;
    }
  }
  interviews.value = interviews.value?.filter((interview) => interview.id !== id) ?? null;
  // It stays hidden: an older answer may still have it.
  set(id, "gone");
  changed(id);
}

/** What can still be undone; from here on it cannot. */
function pending(): string[] {
  const ids: string[] = [];
  for (const [id, undo] of going.value) {
    if (typeof undo !== "function") continue;
    undo();
    set(id, "asked");
    ids.push(id);
  }
  return ids;
}

/** Deletes at once what is still to be deleted. */
export async function removePending(): Promise<void> {
  await Promise.all(pending().map(removeNow));
}

// Who leaves does not undo any more.
addEventListener("pagehide", async () => {
  const ids = pending();
  if (!ids.length) return;
  const bearer = await headers();
  for (const id of ids) {
    void fetch(`/v1/interviews/${id}`, { method: "DELETE", headers: bearer, keepalive: true });
  }
});
