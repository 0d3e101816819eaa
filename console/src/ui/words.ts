// Labels for the API's values.

import type { Channels, Interview, Status, Step, StepName } from "../api/client";

export const STATUS: Record<Status, string> = {
  awaiting_upload: "Awaiting upload",
  processing: "Processing",
  completed: "Completed",
  partial: "Completed with errors",
  failed: "Failed",
};

export const KIND: Record<Interview["kind"], string> = {
  job_interview: "Job interview",
  user_research: "User research",
  journalism: "Journalism",
  other: "Other",
};

export const CHANNELS: Record<Channels, string> = {
  auto: "Detect what the channels carry",
  speakers: "One speaker on each channel",
  mixed: "All speakers on every channel",
};

export const STEP: Record<StepName, string> = {
  transcription: "Transcript",
  waveform: "Waveform",
  analysis: "Analysis",
  report: "Report",
};

/** Why a transcript cannot be relied on, and what can be done. */
export const REASON: Record<string, string> = {
  transcript_too_short: "It has too few words to assess a person.",
  low_confidence:
    "Most words are guesses: the recording is too noisy, or the speech engine does not know its language.",
  little_speech: "There is hardly any speech in the recording.",
  speech_missed: "Most of the speech in the recording was not recognised.",
  repetition_loops: "The speech engine repeated the same phrases, which it does when it recognises nothing.",
  language_mismatch:
    "The words do not fit the language that was set, or that the speech model knows. Set the spoken language, or use a model for it.",
  one_speaker:
    "Only one speaker was recognised, so questions and answers are mixed and a job interview gets no ratings. Set speakers_expected (--speakers 2 in the command), record each speaker on a separate channel, or correct the speakers with PATCH.",
};

/** In a few words that the transcript cannot be relied on, or not for everything. */
export function unusable({ usable }: Pick<Interview, "usable">): string | null {
  if (!usable || (usable.ok && !usable.reasons.length)) return null;
  if (!usable.ok) return "Unreliable transcript";
  return usable.reasons.includes("one_speaker") ? "Only one speaker recognised" : "Transcript of limited use";
}

export const WAITS: Record<NonNullable<Step["waiting"]>["reason"], string> = {
  model_download: "queued: downloading the speech model",
  model_unavailable: "queued: the speech model is missing; the download is retried every hour",
  engine_busy: "queued behind other recordings",
  retry: "queued for another attempt",
};
