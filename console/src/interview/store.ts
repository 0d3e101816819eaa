// One interview as it is looked at: its record followed live, and each of its parts
// fetched as soon as it is there.

import { computed, signal } from "@preact/signals";
import { EventSource } from "eventsource";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { newKey } from "../../../docs/clients/upload.js";
import {
  type Analysis,
  api,
  ApiError,
  ask,
  bytes,
  headers,
  type Interview,
  type Note,
  reason,
  type StepName,
  STEPS,
} from "../api/client";
import { changed, heard } from "../list/interviews";
import { say } from "../ui/toasts";
import { parse, type Peaks } from "./peaks";
import { Player } from "./player";
import type { Columns } from "./transcript/columns";
import { loadTranscript } from "./transcript/load";

/** The service says something every 15 seconds; a connection that was cut says nothing. */
const SILENT_MS = 45_000;

/** Where the recording of an interview can be listened to in every browser. */
function audible({ audio }: Interview) {
  return audio?.playback?.url ?? audio?.url ?? null;
}

/** An answer whose body breaks off after a silence. */
function awake({ body, url, status, redirected, headers }: Response) {
  let timer: ReturnType<typeof setTimeout>;
  const heard = (controller: TransformStreamDefaultController) => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.error(new TypeError("nothing is heard any more")), SILENT_MS);
  };
  const watched = new TransformStream<Uint8Array, Uint8Array>({
    start: heard,
    transform(chunk, controller) {
      heard(controller);
      controller.enqueue(chunk);
    },
    flush: () => clearTimeout(timer),
  });
  return { body: body?.pipeThrough(watched) ?? null, url, status, redirected, headers };
}

/** After a refusal it is tried again so soon, and ever later up to so late. */
const SOON_MS = 2_000;
const LATE_MS = 60_000;

type Label = NonNullable<NonNullable<Interview["speakers"]>[string]>;

/** What the user says about a speaker: a name alone, or an object. */
function label(given: Label | undefined): Exclude<Label, string> {
  return typeof given === "string" ? { name: given } : (given ?? {});
}

export class Open {
  readonly interview = signal<Interview | null>(null);
  /** Why there is nothing to show: it is gone, or has never been loaded. */
  readonly failure = signal<ApiError | null>(null);
  /** Whether what is shown is followed. */
  readonly connected = signal(true);
  readonly transcript = signal<Columns | null>(null);
  readonly analysis = signal<Analysis | null>(null);
  readonly peaks = signal<Peaks | null>(null);
  /** Why a part is not here that has been made. */
  readonly missed = signal<Partial<Record<StepName, string>>>({});
  /** Nothing until they are loaded. */
  readonly notes = signal<Note[] | null>(null);
  readonly notesMissed = signal("");
  readonly player: Player;
  /** The names of the speakers, the user's before the service's. */
  readonly speakers = computed(() => {
    const given = this.interview.value?.speakers ?? {};
    const names = this.transcript.value?.names ?? [];
    return new Map(names.map(({ id, name }) => [id, label(given[id]).name ?? name]));
  });
  /** The roles of the speakers, where they are known; the user's before the service's. */
  readonly roles = computed(() => {
    const given = this.interview.value?.speakers ?? {};
    const names = this.transcript.value?.names ?? [];
    return new Map(names.map(({ id, role }) => [id, label(given[id]).role ?? role ?? null]));
  });

  #events: EventSource | null = null;
  #stop = new AbortController();
  #had = new Map<StepName, string>();
  #wait = SOON_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #naming: Promise<void> = Promise.resolve();
  /** The keys of notes that the service may have, although it has not said so. */
  readonly #unsure = new Map<string, string>();

  constructor(readonly id: string) {
    this.player = new Player(async () => audible(await this.#read()));
    heard(this.#stop.signal, (changed) => {
      if (changed === id) void this.#begin();
    });
    const { signal } = this.#stop;
    document.addEventListener("visibilitychange", () => this.#look(), { signal });
    addEventListener("online", () => this.#look(), { signal });
    void this.#begin();
  }

  /** Follows what is looked at, from how it stands by now. */
  #look(): void {
    this.#events?.close();
    if (document.visibilityState === "visible" && this.interview.value && !this.#settled()) void this.#begin();
  }

  /** Whether nothing more happens to it by itself. */
  #settled(): boolean {
    const status = this.interview.value?.status;
    return status !== undefined && status !== "processing" && status !== "awaiting_upload";
  }

  close(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
    this.#events?.close();
    this.player.close();
  }

  /** The name of a speaker. */
  name(speaker: number | null | undefined): string {
    return speaker == null ? "" : (this.speakers.value.get(speaker) ?? `Speaker ${speaker + 1}`);
  }

  /** Loads it again after a failure. */
  begin(): void {
    this.failure.value = null;
    void this.#begin();
  }

  async #begin(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.#take(await this.#read());
      this.failure.value = null;
      void this.readNotes();
      this.#follow();
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      const why = error instanceof ApiError ? error : new ApiError({});
      if (why.status === 404) this.#gone(why);
      else if (this.interview.value) this.#later();
      else this.failure.value = why;
    }
  }

  /** What is shown stays, and is followed again when that can be done. */
  #later(): void {
    if (this.#stop.signal.aborted) return;
    this.connected.value = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#begin(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, LATE_MS);
  }

  #gone(why: ApiError): void {
    clearTimeout(this.#timer);
    this.#events?.close();
    this.player.pause();
    this.failure.value = why;
  }

  /** The record alone: an empty list would not be sent, and then all parts come. */
  async #read(): Promise<Interview> {
    return ask(
      api.GET("/v1/interviews/{id}", {
        params: { path: { id: this.id }, query: { fields: [""] } },
        signal: this.#stop.signal,
      }),
    );
  }

  #follow(): void {
    this.#events?.close();
    // A browser has six connections for all its tabs: hidden tabs need none.
    if (this.#stop.signal.aborted || document.visibilityState === "hidden") return;
    if (this.#settled()) return;
    const events = new EventSource(`${location.origin}/v1/interviews/${this.id}/events`, {
      fetch: async (url, init) =>
        awake(await fetch(url, { ...init, headers: { ...init.headers, ...(await headers()) } })),
    });
    this.#events = events;
    events.addEventListener("open", () => this.#reached());
    events.addEventListener("error", ({ code }) => {
      this.connected.value = false;
      if (code === 404) this.#gone(new ApiError({ status: 404, detail: "This interview has been deleted." }));
      // It goes on by itself after a lost connection, but not after an answer of another kind.
      else if (events.readyState === events.CLOSED) this.#later();
    });
    events.addEventListener("snapshot", ({ data }) => this.#take(JSON.parse(data) as Interview));
    events.addEventListener("step", ({ data }) => {
      const { step, detail } = JSON.parse(data) as { step: StepName; detail: Interview["steps"][StepName] };
      const interview = this.interview.value;
      if (interview) this.#take({ ...interview, steps: { ...interview.steps, [step]: detail } });
      // A step may have begun before it was noted that the recording is there; whether
      // the transcript is usable comes with the record.
      const transcribed = step === "transcription" && detail.state === "done";
      if (transcribed || !interview?.audio?.url) void this.#read().then((fresh) => this.#take(fresh), () => this.#later());
    });
    events.addEventListener("status", ({ data }) => {
      const { status, usable } = JSON.parse(data) as Pick<Interview, "status" | "usable">;
      const before = this.interview.value?.status;
      const interview = this.interview.value;
      if (interview) this.#take({ ...interview, status, usable });
      // Its recording is there now: where, and how long it is.
      if (before !== status) void this.#read().then((fresh) => this.#take(fresh), () => this.#later());
    });
  }

  #reached(): void {
    this.connected.value = true;
    this.#wait = SOON_MS;
  }

  /** Takes over what the service says, and fetches what has come about. */
  #take(interview: Interview): void {
    if (this.#stop.signal.aborted) return;
    this.interview.value = interview;
    this.player.open(audible(interview), interview.audio?.duration_ms ?? null);
    for (const name of STEPS) {
      const { state, finished_at = "" } = interview.steps[name];
      if (state !== "done" || this.#had.get(name) === finished_at) continue;
      this.#had.set(name, finished_at);
      void this.#fetch(name);
    }
    if (this.#settled()) {
      this.#events?.close();
      this.#reached();
    }
  }

  async #fetch(name: StepName): Promise<void> {
    const { signal } = this.#stop;
    const path = { id: this.id };
    this.missed.value = { ...this.missed.value, [name]: undefined };
    try {
      switch (name) {
        case "transcription":
          this.transcript.value = await this.#words();
          break;
        case "analysis":
          this.analysis.value = await ask(api.GET("/v1/interviews/{id}/analysis", { params: { path }, signal }));
          break;
        case "waveform":
          this.peaks.value = parse(await (await bytes(`/v1/interviews/${this.id}/waveform.dat`, signal)).arrayBuffer());
          break;
        case "report":
          break;
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#had.delete(name);
      const pane = { transcription: this.transcript, analysis: this.analysis, waveform: null, report: null }[name];
      // A pane that shows nothing yet says so itself.
      if (pane && !pane.value) {
        this.missed.value = { ...this.missed.value, [name]: reason(error) };
        return;
      }
      say(`The ${name === "transcription" ? "transcript" : name} was not loaded: ${reason(error)}`, {
        bad: true,
        action: { label: "Try again", run: () => this.fetchMissed() },
      });
    }
  }

  /** Fetches once more what was missed. */
  fetchMissed(): void {
    if (this.interview.value) this.#take(this.interview.value);
  }

  /** The transcript with the service's names. It comes with the user's, and which the
   * service had is then not known. */
  async #words(): Promise<Columns> {
    const before = this.interview.value?.speakers;
    const words = await loadTranscript(this.id, this.#stop.signal);
    const given = { ...before, ...this.interview.value?.speakers };
    const names = words.names.map(({ id, name, role }) => ({
      id,
      name: label(given[id]).name === undefined ? name : `Speaker ${id + 1}`,
      role,
    }));
    return { ...words, names };
  }

  /** Runs a failed step once more. */
  async retry(step: StepName): Promise<void> {
    await this.#do("Not run again", async () => {
      const params = { path: { id: this.id } };
      this.#take(await ask(api.POST("/v1/interviews/{id}/retry", { params, body: { step } })));
      this.#follow();
      changed(this.id);
    });
  }

  async rename(title: string): Promise<void> {
    await this.#change({ title });
  }

  /** Names a speaker; without a name it is called as the service calls it. */
  nameSpeaker(speaker: number, name: string): Promise<void> {
    this.#naming = this.#naming.then(() => this.#change({ speakers: { [speaker]: { name: name || null } } }));
    return this.#naming;
  }

  async #change(body: { title?: string; speakers?: Record<string, { name: string | null }> }): Promise<void> {
    await this.#do("Not changed", async () => {
      this.#take(await ask(api.PATCH("/v1/interviews/{id}", { params: { path: { id: this.id } }, body })));
      changed(this.id);
    });
  }

  async readNotes(): Promise<void> {
    this.notesMissed.value = "";
    try {
      const notes: Note[] = [];
      let page_token: string | undefined;
      do {
        const params = { path: { id: this.id }, query: { limit: 100, ...(page_token && { page_token }) } };
        const page = await ask(api.GET("/v1/interviews/{id}/notes", { params }));
        notes.push(...page.items);
        page_token = page.next_page_token ?? undefined;
      } while (page_token);
      this.notes.value = notes;
    } catch (error) {
      if (!this.#stop.signal.aborted && !this.notes.value) this.notesMissed.value = reason(error);
    }
  }

  async addNote(text: string, at_ms: number | null, kind: Note["kind"]): Promise<boolean> {
    return this.#do("Not noted", async () => {
      const body = { text, kind, ...(at_ms !== null && { at_ms: Math.round(at_ms) }) };
      const wanted = JSON.stringify(body);
      const key = this.#unsure.get(wanted) ?? newKey();
      this.#unsure.set(wanted, key);
      const params = { path: { id: this.id }, header: { "Idempotency-Key": key } };
      const note = await ask(api.POST("/v1/interviews/{id}/notes", { params, body }));
      this.#unsure.delete(wanted);
      const others = this.notes.value?.filter(({ id }) => id !== note.id);
      if (others) this.#order([...others, note]);
      else void this.readNotes();
      changed(this.id);
    });
  }

  async changeNote({ id: note_id }: Note, text: string): Promise<boolean> {
    return this.#do("Not changed", async () => {
      const params = { path: { id: this.id, note_id } };
      const note = await ask(api.PATCH("/v1/interviews/{id}/notes/{note_id}", { params, body: { text } }));
      this.#order((this.notes.value ?? []).map((other) => (other.id === note_id ? note : other)));
      changed(this.id);
    });
  }

  async removeNote({ id: note_id }: Note): Promise<boolean> {
    return this.#do("Not deleted", async () => {
      const params = { path: { id: this.id, note_id } };
      await ask(api.DELETE("/v1/interviews/{id}/notes/{note_id}", { params }));
      this.notes.value = (this.notes.value ?? []).filter(({ id }) => id !== note_id);
      changed(this.id);
    });
  }

  /** As the service has them: by their moment, those without one first. */
  #order(notes: Note[]): void {
    const at = ({ at_ms }: Note) => at_ms ?? -1;
    this.notes.value = notes.sort((a, b) => at(a) - at(b) || a.created_at.localeCompare(b.created_at));
  }

  /** Does something and says why not; answers whether it is done. */
  async #do(not: string, action: () => Promise<void>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      if (!this.#stop.signal.aborted) say(`${not}: ${reason(error)}`, { bad: true });
      return false;
    }
  }
}

export const Current = createContext<Open | null>(null);

/** The interview that the view is of. */
export function useOpen(): Open {
  const open = useContext(Current);
  if (!open) throw new Error("outside of an interview");
  return open;
}
