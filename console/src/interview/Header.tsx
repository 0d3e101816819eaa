import { useSignal } from "@preact/signals";
import { useStores } from "../app/context";
import { hrefs, navigate } from "../app/routes";
import { text } from "../i18n/en";
import { interviewText } from "../i18n/interview";
import { ago, clock, percent, recorded } from "../lib/format";
import { labelOf } from "../lib/lookup";
import { unusableHeading } from "../model/unusable";
import { SEVERAL } from "../stores/uploadSettings";
import { useInterview } from "../stores/interview/InterviewStore";
import { Icon } from "../ui/Icon";
import { InlineEdit } from "../ui/InlineEdit";
import { lazyPart } from "../ui/lazy";
import { Downloads } from "./Downloads";

const ShareDialog = lazyPart(async () => (await import("./ShareDialog")).ShareDialog);
const SettingsDialog = lazyPart(async () => (await import("./SettingsDialog")).SettingsDialog);

/** The title of an interview, the facts about it, and what can be done with all of it. */
export function Header() {
  const store = useInterview();
  const { deletions } = useStores();
  const interview = store.interview.value!;
  const { title } = interview;
  const isOpen = useSignal(false);
  const isSharing = useSignal(false);
  return (
    <header class="head">
      <a class="back" href={hrefs.list()} aria-label={text.interview.back}>
        <Icon name="back" />
      </a>
      <div class="heading">
        {store.isReadOnly ? (
          <h1 tabIndex={-1}>
            <bdi>{title}</bdi>
          </h1>
        ) : (
          <InlineEdit
            class="title"
            value={title}
            label={text.interview.title}
            edit={text.interview.rename}
            maxLength={500}
            save={(wanted) => store.rename(wanted)}
          >
            <h1 tabIndex={-1}>
              <bdi>{title}</bdi>
            </h1>
          </InlineEdit>
        )}
      </div>
      <div class="buttons noprint">
        <Downloads />
        {!store.isReadOnly && (
          <button type="button" aria-haspopup="dialog" onClick={() => (isSharing.value = true)}>
            {interviewText.header.share}
          </button>
        )}
        {isSharing.value && <ShareDialog onClose={() => (isSharing.value = false)} />}
        {!store.isReadOnly && (
          <button type="button" class="bare" aria-label={interviewText.header.settings} onClick={() => (isOpen.value = true)}>
            <Icon name="settings" />
          </button>
        )}
        {isOpen.value && <SettingsDialog onClose={() => (isOpen.value = false)} />}
        {!store.isReadOnly && (
          <button
            type="button"
            class="bare"
            aria-label={text.interview.delete}
            onClick={() => {
              deletions.remove(interview);
              navigate(hrefs.list());
            }}
          >
            <Icon name="trash" />
          </button>
        )}
      </div>
      <Facts />
      <Unusable />
    </header>
  );
}

function Facts() {
  const store = useInterview();
  const { kind, status, audio, language, created_at, recorded_at, retention_days } = store.interview.value!;
  const confidence = store.transcript.value?.quality?.mean_confidence;
  const facts = [
    labelOf(text.kind, kind),
    audio?.duration_ms != null && clock(audio.duration_ms),
    language && languageName(language),
    confidence != null && text.interview.confidence(percent(confidence)),
    retention_days != null && text.interview.keptFor(retention_days),
  ].filter((fact) => typeof fact === "string");
  return (
    <p class="facts quiet">
      <span class={`pill ${status}`}>{labelOf(text.status, status)}</span>
      {facts.map((fact) => (
        <span key={fact}>{fact}</span>
      ))}
      <time dateTime={created_at}>{ago(created_at)}</time>
      {recorded_at && (
        <span>
          {text.interview.recorded} <time dateTime={recorded_at}>{recorded(recorded_at)}</time>
        </span>
      )}
    </p>
  );
}

const languages = new Intl.DisplayNames("en", { type: "language", fallback: "code" });

/** The name of a language; its tag where it has none. */
function languageName(tag: string): string {
  if (tag === SEVERAL) return text.language.several;
  try {
    return languages.of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** Why the transcript cannot be relied on, above everything that is made of it. */
function Unusable() {
  const interview = useInterview().interview.value;
  const heading = interview && unusableHeading(interview);
  if (!heading) return null;
  const { ok, reasons } = interview.usable!;
  return (
    <div class={`banner unusable ${ok ? "" : "bad"}`} role="alert">
      <Icon name="warning" />
      <div>
        <b>{heading}</b>
        <ul>
          {reasons.map((code) => (
            <li key={code}>{labelOf(text.unusable, code)}</li>
          ))}
        </ul>
      </div>
    </div>
  );
}
