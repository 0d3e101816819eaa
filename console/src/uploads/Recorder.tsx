import { clock } from "../ui/format";
import { Icon } from "../ui/icons";
import { canRecord, record, recording, stopRecording } from "./recording";

/** Begins a recording, unless one is being made. */
export function Record() {
  if (!canRecord || recording.value) return null;
  return (
    <button type="button" onClick={() => void record()}>
      <Icon name="mic" /> Record
    </button>
  );
}

/** Ends the recording that is being made, from wherever one is on the page. */
export function Stop() {
  if (!recording.value) return null;
  const { since, now } = recording.value;
  return (
    <button type="button" class="recording" onClick={stopRecording}>
      <Icon name="stop" /> Stop <time>{clock(now - since)}</time>
    </button>
  );
}
