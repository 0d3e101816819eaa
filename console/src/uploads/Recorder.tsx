import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { clock } from "../ui/format";
import { Icon } from "../ui/icons";
import { say } from "../ui/toasts";
import { add } from "./uploads";

/** Records by the microphone and uploads what was recorded. */
export function Recorder() {
  const recorder = useRef<MediaRecorder | null>(null);
  const since = useSignal<number | null>(null);
  const now = useSignal(0);
  useEffect(() => {
    const timer = setInterval(() => (now.value = Date.now()), 500);
    return () => {
      clearInterval(timer);
      recorder.current?.stop();
    };
  }, []);
  if (!navigator.mediaDevices || !("MediaRecorder" in window)) return null;
  const start = async () => {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const made = new MediaRecorder(stream);
      const pieces: Blob[] = [];
      made.ondataavailable = ({ data }) => pieces.push(data);
      made.onstop = () => {
        for (const track of stream.getTracks()) track.stop();
        recorder.current = null;
        since.value = null;
        const type = made.mimeType.split(";")[0] || "audio/webm";
        const extension = type.split("/")[1];
        const name = `Recording ${new Date().toLocaleString("sv").replaceAll(":", ".")}.${extension}`;
        add([new File(pieces, name, { type, lastModified: Date.now() })]);
      };
      // In pieces, so that a crash of the encoder loses a second.
      made.start(1_000);
      recorder.current = made;
      since.value = now.value = Date.now();
    } catch (error) {
      const denied = (error as Error).name === "NotAllowedError";
      say(denied ? "The browser does not allow this page to use the microphone." : "No microphone can be used.", {
        bad: true,
      });
    }
  };
  return since.value === null ? (
    <button type="button" onClick={() => void start()}>
      <Icon name="mic" /> Record
    </button>
  ) : (
    <button type="button" class="recording" onClick={() => recorder.current?.stop()}>
      <Icon name="stop" /> Stop <time>{clock(now.value - since.value)}</time>
    </button>
  );
}
