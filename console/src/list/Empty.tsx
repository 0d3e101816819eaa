import { useSignal } from "@preact/signals";
import { useStores } from "../app/context";
import { hrefs } from "../app/routes";
import { text } from "../i18n/en";
import { DEFAULTS } from "../stores/uploadSettings";
import { toast } from "../ui/toasts";
import { EngineGuide } from "./EngineGuide";

/** The way in for newcomers: upload, try the sample, or look at an example. */
export function Empty() {
  const { uploads } = useStores();
  const fetching = useSignal(false);
  const addSample = async () => {
    fetching.value = true;
    try {
      const { default: url } = await import("../example/sample");
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(`${answer.status}`);
      const file = new File([await answer.blob()], `${text.list.sampleName}.flac`, { type: "audio/flac", lastModified: 1 });
      uploads.add([{ file, title: "" }], DEFAULTS);
    } catch {
      toast(text.list.sampleFailed, { bad: true });
    }
    fetching.value = false;
  };
  return (
    <section class="empty">
      <h2>{text.list.empty}</h2>
      <p>{text.list.emptyHow}</p>
      <ol class="way">
        {text.list.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <div class="buttons">
        <button type="button" class="primary" disabled={fetching.value} onClick={() => void addSample()}>
          {text.list.trySample}
        </button>
        <a class="button" href={hrefs.example}>
          {text.list.seeExample}
        </a>
      </div>
      <p class="quiet small">{text.list.sampleIs}</p>
      <EngineGuide />
    </section>
  );
}
