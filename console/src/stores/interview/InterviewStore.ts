// One interview while it is shown: its record, followed live, and the owner of its parts.

import { computed, signal, untracked } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { type Analysis, type Interview, type InterviewChange, type NewRun, type Report, type Step, type StepName, STEPS } from "../../api/client";
import { ApiError } from "../../api/errors";
import { FIRST_RETRY_MS, LAST_RETRY_MS, Resource } from "../../api/resource";
import { text } from "../../i18n/en";
import type { Changes } from "../../lib/changes";
import { attempt, type Outcome } from "../../lib/outcome";
import type { Scope } from "../../lib/scope";
import type { Peaks } from "../../model/peaks";
import type { Columns } from "../../model/transcript/columns";
import { AssessmentStore } from "./AssessmentStore";
import { Editor } from "./Editor";
import { NotesStore } from "./NotesStore";
import { Player } from "./Player";
import type { InterviewService } from "./service";
import { Speakers, withOwnNames } from "./Speakers";

/** The link to a recording that every browser plays, if there is one. */
function playable({ audio }: Interview): string | null {
  return audio?.playback?.url ?? audio?.url ?? null;
}

/** What other tabs are told of an interview whose transcript was corrected. */
function correctionOf(id: string): string {
  return `${id} transcript`;
}

/** Whether a record is not older than another one. */
function isNotOlder(answer: Interview, current: Interview): boolean {
  return !(Date.parse(answer.updated_at) < Date.parse(current.updated_at));
}

/** Whether nothing more happens to an interview by itself. A status that this page does
 * not know may still change. */
function isSettled({ status }: Interview): boolean {
  return status === "completed" || status === "partial" || status === "failed";
}

export class InterviewStore {
  readonly record: Resource<Interview>;
  readonly transcript: Resource<Columns>;
  readonly analysis: Resource<Analysis>;
  readonly report: Resource<{ report: Report | null }>;
  readonly peaks: Resource<Peaks>;
  readonly notes: NotesStore;
  readonly assessment: AssessmentStore;
  readonly editor: Editor;
  readonly speakers: Speakers;
  readonly player: Player;
  readonly isReadOnly: boolean;
  /** Read the runs of all steps, and what was corrected, for who wants to see them. */
  readonly readRuns: InterviewService["runs"];
  readonly readCorrections: InterviewService["corrections"];
  /** Whether what is shown is followed live. */
  readonly isConnected = signal(true);
  readonly interview = computed(() => this.record.value);
  /** Why there is nothing to show: it has been deleted, or was never loaded. */
  readonly failure = computed<ApiError | null>(() => {
    const load = this.record.load.value;
    if (this.#deleted.value) return this.#deleted.value;
    if (load.state !== "failed") return null;
    return load.error.status === 404 || load.stale === null ? load.error : null;
  });

  readonly #deleted = signal<ApiError | null>(null);
  #events: Scope | null = null;
  #delayMs = FIRST_RETRY_MS;
  #cancelReconnect = () => {};
  #naming: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly scope: Scope,
    readonly id: string,
    private readonly service: InterviewService,
    private readonly changes: Changes,
    player?: Player,
  ) {
    this.isReadOnly = service.isReadOnly;
    this.readRuns = (signal) => service.runs(signal);
    this.readCorrections = (signal) => service.corrections(signal);
    const renew = async () => playable(await service.record(scope.signal));
    this.player = player ?? new Player(scope, renew);
    this.record = new Resource(scope, (signal) => service.record(signal), { accept: isNotOlder });
    this.transcript = new Resource(scope, (signal) => this.#readTranscript(signal));
    this.analysis = new Resource(scope, (signal) => service.analysis(signal));
    this.report = new Resource(scope, (signal) => service.report(signal));
    this.peaks = new Resource(scope, (signal) => service.peaks(signal));
    this.notes = new NotesStore(scope, service, () => changes.announce(id));
    this.assessment = new AssessmentStore(scope, service, () => {
      void this.report.refresh();
      changes.announce(id);
    });
    this.editor = new Editor(service, this.transcript, () => {
      this.#readDerived();
      changes.announce(correctionOf(id));
    });
    this.speakers = new Speakers(
      () => this.record.value,
      () => this.transcript.value,
    );
  }

  /** Begins to read and to follow the interview, until its scope ends. */
  start(): void {
    const { scope } = this;
    this.changes.fromOtherTabs(scope, (id) => {
      if (id === this.id) this.#reload();
      if (id === correctionOf(this.id)) this.#readCorrected();
    });
    scope.listen(document, "visibilitychange", () => this.#resume());
    scope.listen(window, "online", () => this.#resume());
    scope.effect(() => {
      const interview = this.record.value;
      if (interview) untracked(() => this.#apply(interview));
    });
    scope.effect(() => {
      const { state } = this.record.load.value;
      untracked(() => {
        if (state === "ready") this.#follow();
        // The record is read again by its back-off, and then followed.
        if (state === "failed") this.isConnected.value = false;
        if (state === "failed" && this.failure.value) this.player.pause();
      });
    });
    this.#reload();
  }

  /** A scope for what is loaded later, which ends with the interview. */
  child(): Scope {
    return this.scope.child();
  }

  /** Loads it again because a person wants it. */
  reload(): void {
    this.record.retry();
    if (this.notes.list.load.peek().state === "failed") this.notes.list.retry();
  }

  async rename(title: string): Promise<Outcome> {
    return this.#change({ title });
  }

  /** Changes settings, of which some make the analysis out of date. */
  async changeSettings(change: InterviewChange): Promise<Outcome> {
    const changed = await this.#change(change);
    if (changed.ok) this.#readStale();
    return changed;
  }

  /** Names a speaker; without a name it gets the service's again. Names of other speakers
   * stay, also those that another person gives at the same time. */
  nameSpeaker(speaker: number, name: string): Promise<Outcome> {
    const named = this.#naming.then(() => this.#change({ speakers: { [speaker]: { name: name || null } } }));
    // Who speaks is in the report, which is out of date then.
    void named.then(() => this.#readStale());
    this.#naming = named;
    return named;
  }

  /** Runs a step again by the settings of the interview, or by others. */
  runAgain(run: NewRun): Promise<Outcome> {
    return attempt(async () => {
      await this.service.run(run);
      await this.record.refresh();
      this.changes.announce(this.id);
    });
  }

  /** Shows the result of an earlier run. */
  selectRun(run: string): Promise<Outcome> {
    return attempt(async () => {
      this.record.set(await this.service.selectRun(run));
      this.#readCorrected();
      this.#follow();
      this.changes.announce(correctionOf(this.id));
    });
  }

  /** Runs a step again that failed, or makes the report again of what there is now. */
  retry(step: StepName): Promise<Outcome> {
    return attempt(async () => {
      this.record.set(await this.service.retry(step));
      this.#follow();
      this.changes.announce(this.id);
    });
  }

  #change(change: InterviewChange): Promise<Outcome> {
    return attempt(async () => {
      this.record.set(await this.service.change(change));
      this.changes.announce(this.id);
    });
  }

  #reload(): void {
    void this.record.refresh();
    void this.notes.list.refresh();
    void this.assessment.stored.refresh();
    if (this.report.load.peek().state !== "idle") void this.report.refresh();
  }

  /** Reads the corrected words, and what depends on them. */
  #readCorrected(): void {
    void this.transcript.refresh();
    this.#readDerived();
  }

  /** Reads what a correction changes besides the words: the quotes, what is out of date,
   * and whether the transcript is usable. */
  #readDerived(): void {
    void this.record.refresh();
    this.#readStale();
  }

  /** Reads whether the analysis and the report are out of date. */
  #readStale(): void {
    if (this.analysis.load.peek().state !== "idle") void this.analysis.refresh();
    if (this.report.load.peek().state !== "idle") void this.report.refresh();
  }

  /** Follows it from its present state when the page is shown or online again. */
  #resume(): void {
    this.#stopFollowing();
    const interview = this.record.value;
    if (document.visibilityState === "visible" && interview && !isSettled(interview)) this.#reload();
  }

  /** Reads the parts that have been made since. A part that failed is left to its back-off. */
  #apply(interview: Interview): void {
    this.player.open(playable(interview), interview.audio?.duration_ms ?? null);
    const parts = { transcription: this.transcript, analysis: this.analysis, waveform: this.peaks, report: this.report };
    for (const name of STEPS) {
      const { state, finished_at = "" } = interview.steps[name];
      const isOther = state === "done" && parts[name].ensure(`at ${finished_at}`);
      // Of another transcript, what was made of the one before is out of date.
      if (isOther && name === "transcription") this.#readStale();
    }
    if (isSettled(interview)) {
      this.#stopFollowing();
      this.#markConnected();
    }
  }

  async #readTranscript(signal: AbortSignal): Promise<Columns> {
    const before = this.record.value?.speakers;
    const words = await this.service.transcript(signal);
    return withOwnNames(words, { ...before, ...this.record.value?.speakers });
  }

  #follow(): void {
    const interview = this.record.value;
    // A browser has six connections for all its tabs: hidden tabs need none.
    if (!interview || isSettled(interview) || document.visibilityState === "hidden") return;
    if (this.#events || this.scope.isDisposed || this.#deleted.value) return;
    const events = this.scope.child();
    this.#events = events;
    this.service.events(events, {
      connected: () => this.#markConnected(),
      interrupted: () => (this.isConnected.value = false),
      ended: (error) => this.#reconnect(error),
      snapshot: (snapshot) => this.record.set(snapshot),
      step: (name, step) => this.#applyStep(name, step),
      status: (change) => this.#applyStatus(change),
    });
  }

  #applyStep(name: StepName, step: Step): void {
    const interview = this.record.value;
    if (interview) this.record.update((record) => ({ ...record, steps: { ...record.steps, [name]: step } }));
    // A step may begin before it is noted that the recording is there; whether the
    // transcript is usable comes with the record.
    const isTranscribed = name === "transcription" && step.state === "done";
    if (isTranscribed || !interview?.audio?.url) void this.record.refresh();
  }

  #applyStatus({ status, usable }: Pick<Interview, "status" | "usable">): void {
    const before = this.record.value?.status;
    if (this.record.value) this.record.update((record) => ({ ...record, status, usable }));
    // The record knows where the recording is, and how long.
    if (before !== status) void this.record.refresh();
  }

  #reconnect(error: ApiError): void {
    this.#stopFollowing();
    if (error.status === 404) {
      this.#deleted.value = new ApiError({ status: 404, detail: text.interview.deletedElsewhere });
      this.record.stop();
      this.player.pause();
      return;
    }
    this.isConnected.value = false;
    this.#cancelReconnect();
    this.#cancelReconnect = this.scope.timeout(() => void this.record.refresh(), this.#delayMs);
    this.#delayMs = Math.min(this.#delayMs * 2, LAST_RETRY_MS);
  }

  #markConnected(): void {
    this.isConnected.value = true;
    this.#delayMs = FIRST_RETRY_MS;
  }

  #stopFollowing(): void {
    this.#events?.dispose();
    this.#events = null;
  }
}

export const InterviewContext = createContext<InterviewStore | null>(null);

/** The interview of the view. */
export function useInterview(): InterviewStore {
  const store = useContext(InterviewContext);
  if (!store) throw new Error("outside of an interview");
  return store;
}
