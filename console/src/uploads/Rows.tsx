import { useRef } from "preact/hooks";
import { percent, size } from "../ui/format";
import { Icon } from "../ui/icons";
import { saveFile } from "../ui/save";
import { cancel, drop, goOn, left, resume, type Unfinished, type Upload, uploads } from "./uploads";

/** The uploads under way, and those that can be gone on with. */
export function Rows() {
  if (!uploads.value.length && !left.value.length) return null;
  return (
    <ul class="rows uploads" aria-label="Uploads">
      {uploads.value.map((upload) => (
        <Row key={upload.key} upload={upload} />
      ))}
      {left.value.map((upload) => (
        <Left key={upload.key} upload={upload} />
      ))}
    </ul>
  );
}

const SAID = { queued: "Queued", sending: "Uploading", waiting: "Connection lost, retrying", failed: "" };

function Row({ upload: { key, file, state, share, why, again, recorded } }: { upload: Upload }) {
  const stop = () => {
    if (!recorded || confirm(`“${file.name}” has not been uploaded and would be lost. Discard it?`)) cancel(key);
  };
  return (
    <li class="row">
      <span class="name">{file.name}</span>
      <span class={state === "failed" ? "about bad" : "about quiet"} role={state === "failed" ? "alert" : undefined}>
        {state === "failed" ? why : `${SAID[state]} · ${percent(share)} of ${size(file.size)}`}
      </span>
      <progress max={1} value={share} aria-label={`Upload of ${file.name}`} />
      <span class="buttons">
        {state === "failed" && again && (
          <button type="button" onClick={() => resume(key)}>
            <Icon name="retry" /> Try again
          </button>
        )}
        {state === "failed" && recorded && (
          <button type="button" onClick={() => saveFile(file, file.name)}>
            <Icon name="download" /> Save the recording
          </button>
        )}
        <button type="button" class="bare" aria-label={`Stop the upload of ${file.name}`} onClick={stop}>
          <Icon name="close" />
        </button>
      </span>
    </li>
  );
}

function Left({ upload }: { upload: Unfinished }) {
  const { key, name, size: bytes } = upload;
  const input = useRef<HTMLInputElement>(null);
  return (
    <li class="row">
      <span class="name">{name}</span>
      <span class="about quiet">
        Not finished · {size(bytes)}. Choose the same file again, and it goes on where it was.
      </span>
      <span class="buttons">
        <button type="button" onClick={() => input.current?.click()}>
          <Icon name="retry" /> Choose it again
        </button>
        <button type="button" class="bare" aria-label={`Forget the upload of ${name}`} onClick={() => drop(key)}>
          <Icon name="close" />
        </button>
        <input
          ref={input}
          type="file"
          class="hidden"
          tabIndex={-1}
          aria-label={`The file ${name}`}
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            event.currentTarget.value = "";
            if (file) goOn(upload, file);
          }}
        />
      </span>
    </li>
  );
}
