import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Channels, Kind } from "../api/client";
import { Choice } from "../ui/Choice";
import { Icon } from "../ui/icons";
import { keep } from "../ui/storage";
import { CHANNELS, KIND } from "../ui/words";
import { Record } from "./Recorder";
import { add, channels, kind, look } from "./uploads";

const MEDIA = "audio/*,video/*,.flac,.m4a,.mkv,.ogg,.opus,.wav,.webm";

/** Takes recordings: dropped anywhere on the page, chosen, or recorded here. */
export function Drop() {
  const input = useRef<HTMLInputElement>(null);
  const over = useSignal(false);
  useEffect(() => void look(), []);
  useEffect(() => {
    const carries = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const hover = (event: DragEvent) => {
      if (!carries(event)) return;
      event.preventDefault();
      over.value = true;
    };
    const leave = (event: DragEvent) => {
      if (!event.relatedTarget) over.value = false;
    };
    const drop = (event: DragEvent) => {
      if (!carries(event)) return;
      event.preventDefault();
      over.value = false;
      add(event.dataTransfer?.files ?? []);
    };
    const events = { dragover: hover, dragleave: leave, drop } as const;
    for (const [name, heard] of Object.entries(events)) addEventListener(name as "drop", heard);
    return () => {
      for (const [name, heard] of Object.entries(events)) removeEventListener(name as "drop", heard);
    };
  }, []);
  return (
    <section class={over.value ? "drop over" : "drop"} aria-label="New interview">
      <Icon name="upload" />
      <p>Drop recordings here</p>
      <div class="buttons">
        <button type="button" class="primary" onClick={() => input.current?.click()}>
          Choose files
        </button>
        <Record />
        <Choice
          label="Kind of conversation"
          options={Object.entries(KIND) as [Kind, string][]}
          value={kind.value}
          onChoose={(wanted) => {
            kind.value = wanted;
            keep("kind", wanted);
          }}
        />
        <Choice
          label="Channels of the recordings"
          options={Object.entries(CHANNELS) as [Channels, string][]}
          value={channels.value}
          onChoose={(wanted) => {
            channels.value = wanted;
            keep("channels", wanted);
          }}
        />
      </div>
      <input
        ref={input}
        type="file"
        class="hidden"
        tabIndex={-1}
        aria-label="Recordings"
        accept={MEDIA}
        multiple
        onChange={(event) => {
          add([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
    </section>
  );
}
