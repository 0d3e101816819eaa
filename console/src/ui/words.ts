// What the words of the API are called on the page.

import type { Interview, Status, StepName } from "../api/client";

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
