import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useStores } from "../app/context";
import { text } from "../i18n/en";
import { Scope } from "../lib/scope";
import { Icon } from "../ui/Icon";

const MEDIA = "audio/*,video/*,.flac,.m4a,.mkv,.ogg,.opus,.wav,.webm";

/** Takes recordings: dropped anywhere on the page, chosen, or recorded here. */
export function Drop({ onFiles }: { onFiles: (files: File[]) => void }) {
  const { uploads, recorder } = useStores();
  const input = useRef<HTMLInputElement>(null);
  const over = useSignal(false);
  useEffect(() => void uploads.findResumable(), [uploads]);
  useEffect(() => {
    const scope = new Scope();
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    scope.listen<DragEvent>(window, "dragover", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      over.value = true;
    });
    scope.listen<DragEvent>(window, "dragleave", (event) => {
      if (!event.relatedTarget) over.value = false;
    });
    scope.listen<DragEvent>(window, "drop", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      over.value = false;
      onFiles([...(event.dataTransfer?.files ?? [])]);
    });
    return () => scope.dispose();
  }, []);
  return (
    <section class={over.value ? "drop over" : "drop"} aria-label={text.upload.section}>
      <Icon name="upload" />
      <p>{text.upload.drop}</p>
      <div class="buttons">
        <button type="button" class="primary" onClick={() => input.current?.click()}>
          {text.upload.choose}
        </button>
        {recorder.canRecord && !recorder.recording.value && (
          <button type="button" onClick={() => void recorder.start()}>
            <Icon name="mic" /> {text.upload.record}
          </button>
        )}
      </div>
      <input
        ref={input}
        type="file"
        class="hidden"
        tabIndex={-1}
        aria-label={text.upload.files}
        accept={MEDIA}
        multiple
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
    </section>
  );
}
