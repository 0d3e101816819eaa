// The recording that is being made by the microphone: one at a time, whatever is shown.

import { signal } from "@preact/signals";
import { beforeLeaving, who } from "../auth/session";
import { saveFile } from "../ui/save";
import { say } from "../ui/toasts";
import { addRecording, uploads } from "./uploads";

export const canRecord = Boolean(navigator.mediaDevices) && "MediaRecorder" in window;
/** When it began and what time it is, while there is one. */
export const recording = signal<{ since: number; now: number } | null>(null);

let recorder: MediaRecorder | null = null;
let starting = false;

/** Records by the microphone and uploads what was recorded. */
export async function record(): Promise<void> {
  // The browser may ask for a while whether the microphone may be used.
  if (starting || recorder) return;
  starting = true;
  let stream: MediaStream | null = null;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    begin(stream);
  } catch (error) {
    release(stream);
    const denied = (error as Error).name === "NotAllowedError";
    say(denied ? "The browser does not allow this page to use the microphone." : "No microphone is available.", {
      bad: true,
    });
  } finally {
    starting = false;
  }
}

export function stopRecording(): void {
  recorder?.stop();
}

function begin(stream: MediaStream): void {
  const made = new MediaRecorder(stream);
  const pieces: Blob[] = [];
  const since = Date.now();
  made.ondataavailable = ({ data }) => pieces.push(data);
  // In pieces, so that a crash of the encoder loses a second.
  made.start(1_000);
  recorder = made;
  recording.value = { since, now: since };
  const timer = setInterval(() => (recording.value = { since, now: Date.now() }), 500);
  // Also where the microphone is unplugged.
  made.onstop = () => {
    clearInterval(timer);
    release(stream);
    recorder = null;
    const type = made.mimeType.split(";")[0] || "audio/webm";
    const extension = type.split("/")[1];
    const name = `Recording ${new Date().toLocaleString("sv").replaceAll(":", ".")}.${extension}`;
    const file = new File(pieces, name, { type, lastModified: Date.now() });
    // At no moment is there neither a recording nor its upload: leaving asks.
    if (who.value.state === "here") addRecording(file);
    else saveFile(file, name);
    recording.value = null;
  };
}

// The user signed out in another tab: the recordings of this tab exist nowhere else, and
// no signed-in user can upload them.
beforeLeaving(async () => {
  const recorded = uploads.value.filter(({ recorded }) => recorded);
  if (!recorder && !recorded.length) return;
  for (const { controller } of recorded) controller.abort();
  for (const { file } of recorded) saveFile(file, file.name);
  const made = recorder;
  if (made) {
    await new Promise((stopped) => {
      made.addEventListener("stop", stopped);
      made.stop();
    });
  }
  // The browser takes a moment to begin a download.
  await new Promise((begun) => setTimeout(begun, 1_000));
});

function release(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

addEventListener("beforeunload", (event) => {
  if (recording.value && who.value.state === "here") event.preventDefault();
});
