// The user's interviews, newest first, kept fresh.

import { computed, effect, signal } from "@preact/signals";
import { api, ApiError, ask, headers, type Interview, reason, type Status } from "../api/client";
import { forget, unfinished } from "../../../docs/clients/upload.js";
import { userId } from "../auth/session";
import { say, UNDO_MS } from "../ui/toasts";

/** Asked again so soon where something is under way, and so late where nothing is. */
const SOON_MS = 1_500;
const LATE_MS = 15_000;
const PAGE = 100;

export const interviews = signal<Interview[] | null>(null);
export const failure = signal<string | null>(null);
/** Where the next page begins. */
const next = signal<string | null>(null);
export const loading = signal(false);
export const more = computed(() => next.value !== null);

export const status = signal<Status | "">("");
export const search = signal("");

/** Deleted here, but not yet at the service: that can be undone. */
const going = signal<ReadonlyMap<string, ReturnType<typeof setTimeout>>>(new Map());

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

const underWay = computed(() =>
  (interviews.value ?? []).some(({ status }) => status === "processing" || status === "awaiting_upload"),
);

async function page(token: string | null) {
  const query = { limit: PAGE, ...(token && { page_token: token }), ...(status.value && { status: status.value }) };
  return ask(api.GET("/v1/interviews", { params: { query } }));
}

let asking = 0;

/** Reads the first page again and keeps what is known of the others. */
async function refresh(): Promise<void> {
  const turn = ++asking;
  loading.value = true;
  try {
    const { items, next_page_token } = await page(null);
    // Another answer is on its way, perhaps to another question.
    if (turn !== asking) return;
    const known = interviews.value ?? [];
    const oldest = items.at(-1)?.created_at ?? "";
    const rest = next_page_token === null ? [] : known.filter(({ created_at }) => created_at < oldest);
    interviews.value = [...items, ...rest];
    if (!rest.length) next.value = next_page_token;
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
    if (!stop.signal.aborted) timer = setTimeout(look, underWay.value ? SOON_MS : LATE_MS);
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

/** Deletes an interview, unless that is undone in time. */
export function remove(interview: Interview): void {
  const keep = () => {
    clearTimeout(going.value.get(interview.id));
    going.value = new Map([...going.value].filter(([id]) => id !== interview.id));
  };
  const close = say(`“${interview.title}” is deleted.`, { action: { label: "Undo", run: keep } });
  const timer = setTimeout(async () => {
    close();
    await removeNow(interview.id);
    keep();
  }, UNDO_MS);
  going.value = new Map([...going.value, [interview.id, timer]]);
}

async function removeNow(id: string): Promise<void> {
  try {
    await ask(api.DELETE("/v1/interviews/{id}", { params: { path: { id } } }));
  } catch (error) {
    const gone = error instanceof ApiError && error.status === 404;
    if (!gone) return void say(`Not deleted: ${reason(error)}`, { bad: true });
  }
  interviews.value = (interviews.value ?? []).filter((interview) => interview.id !== id);
  for (const { key, interview } of unfinished(localStorage, userId())) {
    if (interview.id === id) forget(localStorage, key);
  }
  changed(id);
}

// Who leaves does not undo any more.
addEventListener("pagehide", async () => {
  if (!going.value.size) return;
  const bearer = await headers();
  for (const id of going.value.keys()) {
    void fetch(`/v1/interviews/${id}`, { method: "DELETE", headers: bearer, keepalive: true });
  }
});
