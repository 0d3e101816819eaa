// The recording that is being made by the microphone: one at a time, in whatever view.

import { signal } from "@preact/signals";
import { beforeLeaving, who } from "../auth/session";
import { text } from "../i18n/en";
import { saveFile } from "../lib/save";
import type { Scope } from "../lib/scope";
import { toast } from "../ui/toasts";
import type { Uploads } from "./uploads";

export class Recorder {
  readonly canRecord = Boolean(navigator.mediaDevices) && "MediaRecorder" in window;
  /** When it began and the time now, in milliseconds since 1970, while there is one. */
  readonly recording = signal<{ since: number; now: number } | null>(null);
  #recorder: MediaRecorder | null = null;
  #isStarting = false;

  constructor(
    scope: Scope,
    private readonly uploads: Uploads,
    /** Uploads what has been recorded. */
    private readonly upload: (file: File) => void,
  ) {
    beforeLeaving(() => this.#saveAll());
    scope.listen(window, "beforeunload", (event) => {
      if (this.recording.value && who.value.state === "here") event.preventDefault();
    });
  }

  /** Records by the microphone, then uploads the recording. */
  async start(): Promise<void> {
    // The browser may show a question for a while.
    if (this.#isStarting || this.#recorder) return;
    this.#isStarting = true;
    let stream: MediaStream | null = null;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      this.#begin(stream);
    } catch (error) {
      release(stream);
      const isDenied = (error as Error).name === "NotAllowedError";
      toast(isDenied ? text.upload.blocked : text.upload.noMicrophone, { bad: true });
    } finally {
      this.#isStarting = false;
    }
  }

  stop(): void {
    this.#recorder?.stop();
  }

  #begin(stream: MediaStream): void {
    const recorder = new MediaRecorder(stream);
    const pieces: Blob[] = [];
    const since = Date.now();
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    // In pieces, so that a crash of the encoder loses a second.
    recorder.start(1_000);
    this.#recorder = recorder;
    this.recording.value = { since, now: since };
    const timer = setInterval(() => (this.recording.value = { since, now: Date.now() }), 500);
    // Also called where the microphone is unplugged.
    recorder.onstop = () => {
      clearInterval(timer);
      release(stream);
      this.#recorder = null;
      const type = recorder.mimeType.split(";")[0] || "audio/webm";
      const extension = type.split("/")[1];
      const name = `Recording ${new Date().toLocaleString("sv").replaceAll(":", ".")}.${extension}`;
      const file = new File(pieces, name, { type, lastModified: Date.now() });
      // At every moment there is a recording or its upload, so that leaving warns.
      if (who.value.state === "here") this.upload(file);
      else saveFile(file, name);
      this.recording.value = null;
    };
  }

  /** The user signed out in another tab: the recordings of this tab exist nowhere else, and
   * no signed-in user can upload them. */
  async #saveAll(): Promise<void> {
    const recorded = this.uploads.all.value.filter(({ isRecording }) => isRecording);
    if (!this.#recorder && !recorded.length) return;
    for (const { controller } of recorded) controller.abort();
    for (const { file } of recorded) saveFile(file, file.name);
    const recorder = this.#recorder;
    if (recorder) {
      await new Promise((stopped) => {
        recorder.addEventListener("stop", stopped);
        recorder.stop();
      });
    }
    // The browser takes a moment to begin a download.
    await new Promise((begun) => setTimeout(begun, 1_000));
  }
}

function release(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
