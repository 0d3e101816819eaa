// The uploads under way in this tab, and those that an earlier page left unfinished.

import { computed, signal, untracked } from "@preact/signals";
import { forget, keyOf, ownStorage, unfinished, upload, UploadError } from "../../../docs/clients/upload.js";
import { headers } from "../api/client";
import { reason } from "../api/errors";
import { userId, who } from "../auth/session";
import { text } from "../i18n/en";
import type { Changes } from "../lib/changes";
import type { Scope } from "../lib/scope";
import type { Deletion, Deletions } from "./deletions";
import { type Settings, type UploadDraft, interviewOf, titleOf } from "./uploadSettings";

export interface Upload {
  key: number;
  file: File;
  title: string;
  /** As they were when it was added. */
  settings: Settings;
  state: "queued" | "sending" | "waiting" | "failed";
  /** 0 to 1. */
  share: number;
  reason: string;
  /** Whether another attempt may succeed. */
  isRetryable: boolean;
  controller: AbortController;
  /** The interview's id, once it has been created. */
  interview: string | null;
  /** Whether it was recorded here: then there is no other copy. */
  isRecording: boolean;
}

/** An upload that an earlier page left, and the same file resumes. */
export interface ResumableUpload {
  key: string;
  name: string;
  size: number;
}

/** A browser has few connections to share. */
const AT_ONCE = 2;
/** Without a connection an upload is retried so often. */
const RETRY_MS = 60_000;

export class Uploads {
  readonly all = signal<Upload[]>([]);
  readonly resumable = signal<ResumableUpload[]>([]);
  /** Whether something is being sent, or is to be. */
  readonly isSending = computed(() => this.all.value.some(({ state }) => state !== "failed"));
  /** Whether there is a recording that exists nowhere else. */
  readonly hasRecording = computed(() => this.all.value.some(({ isRecording }) => isRecording));
  #last = 0;

  constructor(
    private readonly scope: Scope,
    private readonly changes: Changes,
    deletions: Deletions,
  ) {
    scope.listen(window, "online", () => {
      for (const { key } of this.all.value) this.#resumeFailed(key);
    });
    scope.effect(() => this.#dropDeleted(deletions.all.value));
    // Leaving the page interrupts an upload. The user can resume it, but should not leave by
    // mistake. A signed-out user cannot send it. A recording made here exists nowhere else.
    scope.listen(window, "beforeunload", (event) => {
      if ((this.isSending.value || this.hasRecording.value) && who.value.state === "here") event.preventDefault();
    });
  }

  /** Uploads each of the files with its title. */
  add(drafts: Iterable<UploadDraft>, settings: Settings, isRecording = false): void {
    const more = [...drafts].map(
      ({ file, title }): Upload => ({
        key: ++this.#last,
        file,
        title: title.trim() || titleOf(file.name),
        settings,
        state: "queued",
        share: 0,
        reason: "",
        isRetryable: false,
        controller: new AbortController(),
        interview: null,
        isRecording,
      }),
    );
    this.all.value = [...this.all.value, ...more];
    this.#start();
    void this.findResumable();
  }

  /** Resumes what an earlier page left, with the same file. Returns false for another one. */
  resume({ key }: ResumableUpload, file: File, settings: Settings): boolean {
    if (keyOf(file, userId()) !== key) return false;
    this.add([{ file, title: "" }], settings);
    return true;
  }

  /** Makes another attempt, from where the last one ended. */
  retry(key: number): void {
    this.#change(key, { state: "queued", reason: "", controller: new AbortController() });
    this.#start();
  }

  /** Stops an upload; what has arrived is kept, and the same file resumes from there. */
  cancel(key: number): void {
    const upload = this.all.value.find((upload) => upload.key === key);
    upload?.controller.abort();
    // There is no file to resume with.
    if (upload?.isRecording) forget(ownStorage(), keyOf(upload.file, userId()));
    this.#remove(key);
    void this.findResumable();
  }

  /** Finds what an earlier page left, and no tab is sending. */
  async findResumable(): Promise<void> {
    const taken = new Set(await locksHeld());
    for (const { file } of this.all.value) taken.add(keyOf(file, userId()));
    this.resumable.value = unfinished(ownStorage(), userId()).filter(({ key }) => !taken.has(key));
  }

  /** Forgets what an earlier page left. */
  forget(key: string): void {
    forget(ownStorage(), key);
    void this.findResumable();
  }

  #change(key: number, to: Partial<Upload>): void {
    this.all.value = this.all.value.map((upload) => (upload.key === key ? { ...upload, ...to } : upload));
  }

  #remove(key: number): void {
    this.all.value = this.all.value.filter((upload) => upload.key !== key);
  }

  #resumeFailed(key: number): void {
    const failed = this.all.value.some((upload) => upload.key === key && upload.state === "failed" && upload.isRetryable);
    if (failed) this.retry(key);
  }

  #start(): void {
    const running = this.all.value.filter(({ state }) => state === "sending" || state === "waiting");
    for (const upload of this.all.value.filter(({ state }) => state === "queued").slice(0, AT_ONCE - running.length)) {
      this.#change(upload.key, { state: "sending", reason: "" });
      void this.#run(upload);
    }
  }

  async #run({ key, file, title, settings, controller }: Upload): Promise<void> {
    try {
      await alone(file, () =>
        upload(file, {
          api: location.origin,
          headers,
          user: userId(),
          interview: interviewOf(title, settings),
          contentType: file.type.split(";")[0] || typeOf(file.name),
          signal: controller.signal,
          onCreated: ({ id }: { id: string }) => {
            this.#change(key, { interview: id });
            this.changes.announce();
          },
          onProgress: (share) => this.#change(key, { share, state: "sending", reason: "" }),
          onWaiting: (error) => this.#change(key, { state: "waiting", reason: reason(error) }),
        }),
      );
      this.#remove(key);
    } catch (error) {
      if (!controller.signal.aborted) {
        const isRetryable = !(error instanceof UploadError);
        this.#change(key, { state: "failed", reason: messageFor(error), isRetryable });
        if (isRetryable) this.scope.timeout(() => this.#resumeFailed(key), RETRY_MS);
      }
    }
    this.#start();
    void this.findResumable();
    this.changes.announce();
  }

  /** What has been deleted need not be uploaded. */
  #dropDeleted(deletions: ReadonlyMap<string, Deletion>): void {
    if (!deletions.size) return;
    untracked(() => {
      for (const { key, interview } of this.all.value) {
        const state = interview === null ? undefined : deletions.get(interview)?.state;
        if (state === "requested" || state === "deleted") this.cancel(key);
      }
      for (const { key, interview } of unfinished(ownStorage(), userId())) {
        if (interview && deletions.get(interview.id)?.state === "deleted") forget(ownStorage(), key);
      }
      void this.findResumable();
    });
  }
}

/** Uploads a file unless this or another tab is doing so. Locks exist only in pages over
 * HTTPS and of this machine, and are blocked together with storage. */
async function alone(file: File, action: () => Promise<unknown>): Promise<void> {
  if (!(await locksHeld())) return void (await action());
  await navigator.locks.request(keyOf(file, userId()), { ifAvailable: true }, async (lock) => {
    if (!lock) throw new UploadError(text.upload.already, null);
    await action();
  });
}

/** The names of the locks that tabs hold; null where locks are absent or blocked. */
async function locksHeld(): Promise<(string | undefined)[] | null> {
  try {
    const locks = await navigator.locks.query();
    return (locks.held ?? []).map(({ name }) => name);
  } catch {
    return null;
  }
}

/** The message of a failure, with what a person can do about it. */
function messageFor(error: unknown): string {
  if (error instanceof UploadError) return error.message;
  // `fetch` gives no detail about a lost connection.
  if (error instanceof TypeError) return text.upload.interrupted;
  const why = reason(error);
  return text.upload.failed(`${why[0]?.toUpperCase()}${why.slice(1)}.`);
}

/** The media type of files that the browser knows no type of. */
function typeOf(name: string): string {
  const types: Record<string, string> = { flac: "audio/flac", m4a: "audio/mp4", opus: "audio/ogg", mkv: "video/x-matroska" };
  return types[name.split(".").pop()?.toLowerCase() ?? ""] ?? "application/octet-stream";
}
