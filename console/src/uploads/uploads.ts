// The uploads under way in this tab, and those that an earlier page left unfinished.

import { computed, signal } from "@preact/signals";
import { forget, keyOf, ownStorage, unfinished, upload, UploadError } from "../../../docs/clients/upload.js";
import { type Channels, headers, type Kind, reason } from "../api/client";
import { userId, who } from "../auth/session";
import { changed, going } from "../list/interviews";
import { kept } from "../ui/storage";
import { say } from "../ui/toasts";
import { CHANNELS, KIND } from "../ui/words";

export interface Upload {
  key: number;
  file: File;
  /** Chosen when it was added. */
  kind: Kind;
  channels: Channels;
  state: "queued" | "sending" | "waiting" | "failed";
  /** 0 to 1. */
  share: number;
  why: string;
  /** Whether trying again can do. */
  again: boolean;
  controller: AbortController;
  /** Known once it has been created. */
  interview: string | null;
  /** Whether it was recorded here: then there is no other copy. */
  recorded: boolean;
}

export interface Unfinished {
  key: string;
  name: string;
  size: number;
}

export const uploads = signal<Upload[]>([]);
export const left = signal<Unfinished[]>([]);
export const sending = computed(() => uploads.value.some(({ state }) => state !== "failed"));

export const unsaved = computed(() => uploads.value.some(({ recorded }) => recorded));

/** Which kind of conversation is uploaded next. */
export const kind = signal<Kind>(keptKind());

function keptKind(): Kind {
  const text = kept("kind") ?? "";
  return text in KIND ? (text as Kind) : "job_interview";
}

/** What the channels of the next recordings carry. */
export const channels = signal<Channels>(keptChannels());

function keptChannels(): Channels {
  const text = kept("channels") ?? "";
  return text in CHANNELS ? (text as Channels) : "auto";
}

const AT_ONCE = 2;
/** Without a connection it is tried again so often. */
const LATER_MS = 60_000;
let last = 0;

function change(key: number, to: Partial<Upload>): void {
  uploads.value = uploads.value.map((upload) => (upload.key === key ? { ...upload, ...to } : upload));
}

function remove(key: number): void {
  uploads.value = uploads.value.filter((upload) => upload.key !== key);
}

/** Uploads each of the files. */
export function add(files: Iterable<File>, recorded = false): void {
  const more = [...files].map((file): Upload => ({
    key: ++last,
    file,
    kind: kind.value,
    channels: channels.value,
    state: "queued",
    share: 0,
    why: "",
    again: false,
    controller: new AbortController(),
    interview: null,
    recorded,
  }));
  uploads.value = [...uploads.value, ...more];
  start();
  void look();
}

/** Uploads what has been recorded here. */
export function addRecording(file: File): void {
  add([file], true);
}

/** Goes on with what an earlier page left, with the same file. */
export function goOn({ key, name }: Unfinished, file: File): void {
  if (keyOf(file, userId()) === key) add([file]);
  else say(`This is another file than “${name}”, or it has been changed since.`, { bad: true });
}

/** Tries once more, from where it was. */
export function resume(key: number): void {
  change(key, { state: "queued", why: "", controller: new AbortController() });
  start();
}

/** The same, unless it goes on already, or cannot. */
function resumeFailed(key: number): void {
  if (uploads.value.some((upload) => upload.key === key && upload.state === "failed" && upload.again)) resume(key);
}

addEventListener("online", () => {
  for (const { key } of uploads.value) resumeFailed(key);
});

/** Stops it; what has arrived is kept, and the same file goes on from there. */
export function cancel(key: number): void {
  const upload = uploads.value.find((upload) => upload.key === key);
  upload?.controller.abort();
  // There is no file to go on with.
  if (upload?.recorded) forget(ownStorage(), keyOf(upload.file, userId()));
  remove(key);
  void look();
}

/** Starts what may start: two at once, as a browser has few connections to share. */
function start(): void {
  const running = uploads.value.filter(({ state }) => state === "sending" || state === "waiting");
  for (const upload of uploads.value.filter(({ state }) => state === "queued").slice(0, AT_ONCE - running.length)) {
    change(upload.key, { state: "sending", why: "" });
    void run(upload);
  }
}

async function run({ key, file, kind, channels, controller }: Upload): Promise<void> {
  try {
    await alone(file, () =>
      upload(file, {
        api: location.origin,
        headers,
        user: userId(),
        interview: { title: titleOf(file.name), kind, channels },
        contentType: file.type.split(";")[0] || guess(file.name),
        signal: controller.signal,
        onCreated: ({ id }: { id: string }) => {
          change(key, { interview: id });
          changed();
        },
        onProgress: (share) => change(key, { share, state: "sending", why: "" }),
        onWaiting: (why) => change(key, { state: "waiting", why: reason(why) }),
      }),
    );
    remove(key);
  } catch (error) {
    if (!controller.signal.aborted) {
      const again = !(error instanceof UploadError);
      change(key, { state: "failed", why: said(error), again });
      if (again) setTimeout(() => resumeFailed(key), LATER_MS);
    }
  }
  start();
  void look();
  changed();
}

/** Uploads a file unless this or another tab is at it. Without locks, which only pages
 * over HTTPS and of this machine have, and which are blocked together with storage, one
 * cannot know. */
async function alone(file: File, action: () => Promise<unknown>): Promise<void> {
  if (!(await locksHeld())) return void (await action());
  await navigator.locks.request(keyOf(file, userId()), { ifAvailable: true }, async (lock) => {
    if (!lock) throw new UploadError("This file is already being uploaded, here or in another tab.", null);
    await action();
  });
}

/** The names of the locks that tabs hold; nothing where locks are absent or blocked. */
async function locksHeld(): Promise<(string | undefined)[] | null> {
  try {
    const locks = await navigator.locks.query();
    return (locks.held ?? []).map(({ name }) => name);
  } catch {
    return null;
  }
}

/** What a person can do about it. */
function said(error: unknown): string {
  if (error instanceof UploadError) return error.message;
  // `fetch` gives no detail about a lost connection.
  const why = error instanceof TypeError ? "Too many connection failures" : reason(error);
  return `${why[0]?.toUpperCase()}${why.slice(1)}. What has arrived is kept; try again.`;
}

/** The file's name without its extension. */
function titleOf(name: string): string {
  return name.replace(/\.[^.]{1,5}$/, "") || name;
}

/** For files that the browser knows no type of. */
function guess(name: string): string {
  const types: Record<string, string> = { flac: "audio/flac", m4a: "audio/mp4", opus: "audio/ogg", mkv: "video/x-matroska" };
  return types[name.split(".").pop()?.toLowerCase() ?? ""] ?? "application/octet-stream";
}

/** Looks for what an earlier page left, and no tab is at. */
export async function look(): Promise<void> {
  const under = new Set(await locksHeld());
  for (const { file } of uploads.value) under.add(keyOf(file, userId()));
  left.value = unfinished(ownStorage(), userId()).filter(({ key }) => !under.has(key));
}

/** Forgets what an earlier page left. */
export function drop(key: string): void {
  forget(ownStorage(), key);
  void look();
}

// What is deleted need not be uploaded any more.
going.subscribe((going) => {
  for (const { key, interview } of uploads.peek()) {
    if (interview && typeof going.get(interview) === "string") cancel(key);
  }
  for (const { key, interview } of unfinished(ownStorage(), userId())) {
    if (interview && going.get(interview.id) === "gone") forget(ownStorage(), key);
  }
  void look();
});

// Leaving the page interrupts an upload. The user can resume it, but should not leave by
// mistake. A signed-out user cannot send it. A recording made here exists nowhere else.
addEventListener("beforeunload", (event) => {
  if ((sending.value || unsaved.value) && who.value.state === "here") event.preventDefault();
});
