// What the words of the API are called on the page.

import type { Interview, Status, Step, StepName } from "../api/client";

export const STATUS: Record<Status, string> = {
  awaiting_upload: "Awaiting upload",
  processing: "Processing",
  completed: "Completed",
  partial: "Partly done",
  failed: "Failed",
};

export const KIND: Record<Interview["kind"], string> = {
  job_interview: "Job interview",
  user_research: "User research",
  journalism: "Journalism",
  other: "Other",
};

export const STEP: Record<StepName, string> = {
  transcription: "Transcript",
  waveform: "Waveform",
  analysis: "Analysis",
  report: "Report",
};

/** Why a transcript cannot be relied on, and what can be done. */
export const REASON: Record<string, string> = {
  transcript_too_short: "It has too few words to say anything about a person.",
  low_confidence:
    "Most words are guesses: the recording is too noisy for the speech engine, or in a language that it does not know.",
  little_speech: "There is hardly any speech in the recording.",
  speech_missed: "Most of the speech in the recording was not recognised.",
  repetition_loops: "The speech engine repeated the same phrases, as it does where it recognises nothing.",
  language_mismatch:
    "The words do not look like the language that was given, or that the speech model knows. Set the language that is spoken, or use a model that knows it.",
  one_speaker:
    "Questions and answers cannot be told apart, so a job interview gets no ratings. Set speakers_expected (--speakers 2 in the command), record each speaker on a channel of their own, or correct the speakers by PATCH.",
};

/** In a few words that the transcript cannot be relied on, or not for everything. */
export function unusable({ usable }: Pick<Interview, "usable">): string | null {
  if (!usable || (usable.ok && !usable.reasons.length)) return null;
  if (!usable.ok) return "Unreliable transcript";
  return usable.reasons.includes("one_speaker") ? "Only one speaker recognised" : "Transcript of limited use";
}

export const WAITS: Record<NonNullable<Step["waiting"]>["reason"], string> = {
  model_download: "waits: the speech model is being downloaded",
  model_unavailable: "waits: the speech model is missing; it is tried again every hour",
  engine_busy: "waits: other recordings are being transcribed",
  retry: "waits for another try",
};
