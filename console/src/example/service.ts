// The example for newcomers, as if the service had it. Nothing can be changed.

import sampleAnalysis from "../../../samples/interview.analysis.json";
import sampleWords from "../../../samples/interview.words.json";
import type { Interview, Note, Step } from "../api/client";
import { ApiError } from "../api/errors";
import { EXAMPLE_ID } from "../app/routes";
import { text } from "../i18n/en";
import type { Peaks } from "../model/peaks";
import { pack } from "../model/transcript/columns";
import type { InterviewService } from "../stores/interview/service";
import { exampleAnalysis, exampleTranscript } from "./build";
import sampleUrl from "./sample";

const MADE = "2026-01-01T00:00:00Z";
const MS_PER_PIXEL = 20;
const DONE: Step = { state: "done", attempt: 1, waiting: null, finished_at: MADE };
/** Enough for peaks, and the least rate that every browser decodes to. */
const RATE_HZ = 8_000;

const transcript = exampleTranscript(sampleWords);
const analysis = exampleAnalysis(sampleAnalysis, sampleWords, transcript);

let sample: Promise<Blob> | null = null;
let link = "";

/** Reads the recording once, and again after a failure. */
function readSample(): Promise<Blob> {
  const read = async () => {
    const answer = await fetch(sampleUrl);
    if (!answer.ok) throw new ApiError({ status: answer.status });
    return answer.blob();
  };
  sample ??= read().catch((error: unknown) => {
    sample = null;
    throw error;
  });
  return sample;
}

/** The interview with a link to its recording. The page's own files come without ranges,
 * and without them a browser cannot seek: the link is to a copy in memory. */
async function readInterview(): Promise<Interview> {
  link ||= URL.createObjectURL(await readSample());
  return { ...interview, audio: { ...audio, url: link } };
}

const audio: NonNullable<Interview["audio"]> = {
  filename: "interview.flac",
  content_type: "audio/flac",
  size_bytes: 0,
  duration_ms: sampleWords.duration_ms,
  channels: 2,
  codec: "flac",
  container: "flac",
  sample_rate_hz: 16_000,
  recorded_at: null,
  playback: null,
  url: null,
  warnings: [],
};

const interview: Interview = {
  id: EXAMPLE_ID,
  title: "Ada, first round",
  status: "completed",
  kind: "job_interview",
  channels: "speakers",
  language: "en",
  recorded_at: null,
  created_at: MADE,
  updated_at: MADE,
  collection_id: null,
  tags: [],
  webhook_url: null,
  usable: { ok: true, reasons: [] },
  metadata: {},
  speakers: {},
  speakers_expected: null,
  retention_days: null,
  key_terms: [],
  rubric_id: null,
  rubric_version: null,
  rubric: null,
  steps: { transcription: DONE, waveform: DONE, analysis: DONE, report: DONE },
  audio,
};

const notes: Note[] = [
  { id: "1", kind: "bookmark", text: "Bookmark", at_ms: 52_000, created_at: MADE },
  { id: "2", kind: "note", text: "Ask how the copy of the list is kept now.", at_ms: 70_000, created_at: MADE },
];

/** Decodes the recording for its waveform, which the service would have made. */
async function readPeaks(): Promise<Peaks> {
  const bytes = await (await readSample()).arrayBuffer();
  const audio = await new OfflineAudioContext(1, 1, RATE_HZ).decodeAudioData(bytes);
  return peaksOf(
    Array.from({ length: audio.numberOfChannels }, (_, channel) => audio.getChannelData(channel)),
    audio.sampleRate,
  );
}

/** The loudest sample of all channels in each pixel. */
export function peaksOf(channels: Float32Array[], rateHz: number): Peaks {
  const perPixel = (rateHz * MS_PER_PIXEL) / 1_000;
  const loudness = new Float32Array(Math.ceil((channels[0]?.length ?? 0) / perPixel));
  for (const channel of channels) {
    for (let at = 0; at < channel.length; at += 1) {
      const pixel = Math.floor(at / perPixel);
      loudness[pixel] = Math.max(loudness[pixel]!, Math.abs(channel[at]!));
    }
  }
  return { loudness, msPerPixel: MS_PER_PIXEL };
}

async function refuse(): Promise<never> {
  throw new ApiError({ status: 405, detail: text.interview.exampleIs });
}

export const exampleService: InterviewService = {
  isReadOnly: true,
  record: readInterview,
  transcript: async () => pack(transcript),
  analysis: async () => analysis,
  report: async () => ({ report: null }),
  assessment: async () => ({ assessment: null }),
  runs: async () => [],
  corrections: async () => [],
  peaks: readPeaks,
  notes: async () => notes,
  events: () => {},
  change: refuse,
  retry: refuse,
  addNote: refuse,
  changeNote: refuse,
  removeNote: refuse,
  correct: refuse,
  undo: refuse,
  run: refuse,
  selectRun: refuse,
  assess: refuse,
};
