// A service for tests, whose answers a test gives in any order.

import type { Interview, Note, Step, StepName } from "../../api/client";
import type { EventHandlers } from "../../api/events";
import { pack } from "../../model/transcript/columns";
import type { InterviewService } from "./service";

export const step = (state: Step["state"], more: Partial<Step> = {}): Step => ({ state, attempt: 1, waiting: null, ...more });

export function interview(more: Partial<Interview> = {}): Interview {
  return {
    id: "a1",
    title: "Ada",
    status: "processing",
    kind: "job_interview",
    channels: "auto",
    language: "en",
    recorded_at: null,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
    webhook_url: null,
    usable: null,
    metadata: {},
    speakers: {},
    speakers_expected: null,
    retention_days: null,
    key_terms: [],
    collection_id: null,
    tags: [],
    rubric_id: null,
    rubric_version: null,
    rubric: null,
    audio: null,
    steps: { transcription: step("running"), waveform: step("pending"), analysis: step("pending"), report: step("pending") },
    ...more,
  };
}

export const note = (id: string, at_ms?: number): Note => ({
  id,
  text: `note ${id}`,
  kind: "note",
  created_at: "2026-01-01T00:00:00Z",
  ...(at_ms !== undefined && { at_ms }),
});

export const words = pack({
  revision: 1,
  duration_ms: 1_000,
  quality: null,
  speakers: [
    { id: 0, name: "Speaker 1", role: "interviewer" },
    { id: 1, name: "Bob", role: null },
  ],
  turns: [{ id: 0, speaker: 0, start_ms: 0 }],
  words: [{ text: "Hello", start_ms: 0, end_ms: 400, speaker: 0, confidence: 1 }],
});

interface Call {
  name: string;
  args: unknown[];
  answer: (value: unknown) => void;
  refuse: (error: unknown) => void;
}

export class FakeService {
  readonly calls: Call[] = [];
  /** The streams of events that are open. */
  readonly streams = new Set<EventHandlers>();

  /** The requests of a kind, oldest first. */
  of(name: keyof InterviewService): Call[] {
    return this.calls.filter((call) => call.name === name);
  }

  /** The newest request of a kind. */
  last(name: keyof InterviewService): Call {
    const call = this.of(name).at(-1);
    if (!call) throw new Error(`${name} was not requested`);
    return call;
  }

  /** Sends a step to every stream. */
  sendStep(name: StepName, detail: Step): void {
    for (const stream of this.streams) stream.step(name, detail);
  }

  get service(): InterviewService {
    const request = (name: string) => (...args: never[]) =>
      new Promise<never>((answer, refuse) => {
        this.calls.push({ name, args, answer: answer as (value: unknown) => void, refuse });
      });
    return {
      isReadOnly: false,
      record: request("record"),
      transcript: request("transcript"),
      analysis: request("analysis"),
      peaks: request("peaks"),
      notes: request("notes"),
      change: request("change"),
      retry: request("retry"),
      addNote: request("addNote"),
      changeNote: request("changeNote"),
      removeNote: request("removeNote"),
      report: request("report"),
      assessment: request("assessment"),
      runs: request("runs"),
      corrections: request("corrections"),
      correct: request("correct"),
      undo: request("undo"),
      run: request("run"),
      selectRun: request("selectRun"),
      assess: request("assess"),
      events: (scope, handlers) => {
        this.streams.add(handlers);
        scope.add(() => this.streams.delete(handlers));
      },
    };
  }
}
