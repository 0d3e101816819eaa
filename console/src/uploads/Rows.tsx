import { useRef } from "preact/hooks";
import { useStores } from "../app/context";
import { text } from "../i18n/en";
import { percent, size } from "../lib/format";
import { saveFile } from "../lib/save";
import type { ResumableUpload, Upload } from "../stores/uploads";
import { Icon } from "../ui/Icon";
import { toast } from "../ui/toasts";

/** The uploads under way, and those that can be resumed. */
export function Rows() {
  const { uploads } = useStores();
  if (!uploads.all.value.length && !uploads.resumable.value.length) return null;
  return (
    <ul class="rows uploads" aria-label={text.upload.uploads}>
      {uploads.all.value.map((upload) => (
        <Row key={upload.key} upload={upload} />
      ))}
      {uploads.resumable.value.map((upload) => (
        <ResumableRow key={upload.key} upload={upload} />
      ))}
    </ul>
  );
}

function Row({ upload: { key, file, title, state, share, reason, isRetryable, isRecording } }: { upload: Upload }) {
  const { uploads } = useStores();
  const isFailed = state === "failed";
  const stop = () => {
    if (!isRecording || confirm(text.upload.discard(file.name))) uploads.cancel(key);
  };
  return (
    <li class="row">
      <span class="name" dir="auto">
        {title}
      </span>
      <span class={isFailed ? "about bad" : "about quiet"} role={isFailed ? "alert" : undefined}>
        {isFailed ? reason : `${text.upload[state]} · ${text.upload.sent(percent(share), size(file.size))}`}
      </span>
      <progress max={1} value={share} aria-label={text.upload.progress(file.name)} />
      <span class="buttons">
        {isFailed && isRetryable && (
          <button type="button" onClick={() => uploads.retry(key)}>
            <Icon name="retry" /> {text.app.retry}
          </button>
        )}
        {isFailed && isRecording && (
          <button type="button" onClick={() => saveFile(file, file.name)}>
            <Icon name="download" /> {text.upload.save}
          </button>
        )}
        <button type="button" class="bare" aria-label={text.upload.stopUpload(file.name)} onClick={stop}>
          <Icon name="close" />
        </button>
      </span>
    </li>
  );
}

function ResumableRow({ upload }: { upload: ResumableUpload }) {
  const { uploads, settings } = useStores();
  const { key, name, size: bytes } = upload;
  const input = useRef<HTMLInputElement>(null);
  const resume = (file: File) => {
    if (!uploads.resume(upload, file, settings.current.value)) toast(text.upload.otherFile(name), { bad: true });
  };
  return (
    <li class="row">
      <span class="name" dir="auto">
        {name}
      </span>
      <span class="about quiet">{text.upload.unfinished(size(bytes))}</span>
      <span class="buttons">
        <button type="button" onClick={() => input.current?.click()}>
          <Icon name="retry" /> {text.upload.resume}
        </button>
        <button type="button" class="bare" aria-label={text.upload.forget(name)} onClick={() => uploads.forget(key)}>
          <Icon name="close" />
        </button>
        <input
          ref={input}
          type="file"
          class="hidden"
          tabIndex={-1}
          aria-label={text.upload.fileOf(name)}
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            event.currentTarget.value = "";
            if (file) resume(file);
          }}
        />
      </span>
    </li>
  );
}
