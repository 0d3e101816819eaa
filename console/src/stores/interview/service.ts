// The requests about one interview. The example answers them without a service.

import { newKey } from "../../../../docs/clients/upload.js";
import {
  type Analysis,
  api,
  ask,
  type Assessment,
  bytes,
  type Correction,
  every,
  type Interview,
  type InterviewChange,
  type NewAssessment,
  type NewRun,
  type Note,
  type Operation,
  type Report,
  type Run,
  type StartedRun,
  type StepName,
} from "../../api/client";
import { type EventHandlers, followEvents } from "../../api/events";
import type { Scope } from "../../lib/scope";
import { parsePeaks, type Peaks } from "../../model/peaks";
import type { Columns } from "../../model/transcript/columns";
import { loadTranscript } from "../../model/transcript/load";

export interface NewNote {
  text: string;
  kind: Note["kind"];
  at_ms?: number;
}

/** Which words a correction is of: another revision is refused by 409. */
export interface Revision {
  base_revision: number;
  run_id: string | null;
}

export interface InterviewService {
  /** Whether nothing can be changed. */
  readonly isReadOnly: boolean;
  record(signal: AbortSignal): Promise<Interview>;
  transcript(signal: AbortSignal): Promise<Columns>;
  analysis(signal: AbortSignal): Promise<Analysis>;
  /** What is known of the report; null where there is none. */
  report(signal: AbortSignal): Promise<{ report: Report | null }>;
  /** The person's assessment; null where there is none yet. */
  assessment(signal: AbortSignal): Promise<{ assessment: Assessment | null }>;
  runs(signal: AbortSignal): Promise<Run[]>;
  /** What was corrected, the newest first. */
  corrections(signal: AbortSignal): Promise<Correction[]>;
  peaks(signal: AbortSignal): Promise<Peaks>;
  notes(signal: AbortSignal): Promise<Note[]>;
  /** Follows the interview's events until the scope ends. */
  events(scope: Scope, handlers: EventHandlers): void;
  change(change: InterviewChange): Promise<Interview>;
  retry(step: StepName): Promise<Interview>;
  /** `key` makes a repeated request the same request. */
  addNote(note: NewNote, key: string): Promise<Note>;
  changeNote(id: string, text: string): Promise<Note>;
  removeNote(id: string): Promise<void>;
  /** Stores all operations as one revision, or none. */
  correct(correction: Revision & { operations: Operation[] }, key: string): Promise<void>;
  undo(revision: Revision): Promise<void>;
  run(run: NewRun): Promise<StartedRun>;
  selectRun(run: string): Promise<Interview>;
  assess(assessment: NewAssessment): Promise<Assessment>;
}

export { newKey };

/** The requests to the service about an interview. */
export function interviewService(id: string): InterviewService {
  const path = { id };
  const ofNote = (note_id: string) => ({ path: { id, note_id } });
  return {
    isReadOnly: false,
    // The record alone: an empty list would not be sent, and then all parts come.
    record: (signal) => ask(api.GET("/v1/interviews/{id}", { params: { path, query: { fields: [""] } }, signal })),
    transcript: (signal) => loadTranscript(id, signal),
    analysis: (signal) => ask(api.GET("/v1/interviews/{id}/analysis", { params: { path }, signal })),
    async peaks(signal) {
      return parsePeaks(await (await bytes(`/v1/interviews/${id}/waveform.dat`, signal)).arrayBuffer());
    },
    notes: (signal) => every((query) => ask(api.GET("/v1/interviews/{id}/notes", { params: { path, query }, signal }))),
    async report(signal) {
      const query = { fields: ["report" as const] };
      const { report } = await ask(api.GET("/v1/interviews/{id}", { params: { path, query }, signal }));
      return { report: report ?? null };
    },
    async assessment(signal) {
      // The newest of all versions: where there is none, the list is empty and nothing fails.
      const params = { path, query: { limit: 1 } };
      const { items } = await ask(api.GET("/v1/interviews/{id}/assessment/history", { params, signal }));
      return { assessment: items[0] ?? null };
    },
    runs: (signal) => every((query) => ask(api.GET("/v1/interviews/{id}/runs", { params: { path, query }, signal }))),
    corrections: (signal) =>
      every((query) => ask(api.GET("/v1/interviews/{id}/transcript/history", { params: { path, query }, signal }))),
    events: (scope, handlers) => followEvents(id, scope, handlers),
    change: (body) => ask(api.PATCH("/v1/interviews/{id}", { params: { path }, body })),
    retry: (step) => ask(api.POST("/v1/interviews/{id}/retry", { params: { path }, body: { step } })),
    addNote(body, key) {
      const params = { path, header: { "Idempotency-Key": key } };
      return ask(api.POST("/v1/interviews/{id}/notes", { params, body }));
    },
    changeNote: (note, text) =>
      ask(api.PATCH("/v1/interviews/{id}/notes/{note_id}", { params: ofNote(note), body: { text } })),
    async removeNote(note) {
      await ask(api.DELETE("/v1/interviews/{id}/notes/{note_id}", { params: ofNote(note) }));
    },
    async correct(body, key) {
      const params = { path, header: { "Idempotency-Key": key } };
      await ask(api.PATCH("/v1/interviews/{id}/transcript", { params, body }));
    },
    async undo(body) {
      await ask(api.POST("/v1/interviews/{id}/transcript/undo", { params: { path }, body }));
    },
    run: (body) => ask(api.POST("/v1/interviews/{id}/runs", { params: { path }, body })),
    selectRun: (run_id) => ask(api.POST("/v1/interviews/{id}/runs/{run_id}/select", { params: { path: { id, run_id } } })),
    assess: (body) => ask(api.PUT("/v1/interviews/{id}/assessment", { params: { path }, body })),
  };
}
