// The settings of an interview that there is already, and its steps run again by others.

import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Interview, InterviewChange, Kind } from "../api/client";
import { text } from "../i18n/en";
import { formText } from "../i18n/forms";
import { KEEP, OF_KIND, rubricChange } from "../model/rubric";
import { useInterview } from "../stores/interview/InterviewStore";
import { readRubrics } from "../stores/rubrics";
import { termsOf } from "../stores/uploadSettings";
import { Icon } from "../ui/Icon";
import { KindChoice, LanguageChoice, RetentionField, RubricChoice, SpeakersChoice, TermsField } from "../ui/settings";
import { useResource } from "../ui/useResource";
import { RunAgain } from "./RunAgain";

/** The settings as the form has them. */
export interface SettingsDraft {
  title: string;
  kind: Kind;
  /** Empty where none is given or recognised. */
  language: string;
  keyTerms: string;
  /** `KEEP`, `OF_KIND`, or the id of a stored rubric. */
  rubric: string;
  retentionDays: number | null;
  speakers: number | null;
}

export function draftOf({ title, kind, language, key_terms, rubric, retention_days, speakers_expected }: Interview): SettingsDraft {
  return {
    title,
    kind,
    language: language ?? "",
    keyTerms: key_terms.join("\n"),
    rubric: rubric ? KEEP : OF_KIND,
    retentionDays: retention_days,
    speakers: speakers_expected,
  };
}

/** What is different from the interview: only that is sent. */
export function changeOf(draft: SettingsDraft, interview: Interview): InterviewChange {
  const before = draftOf(interview);
  const terms = termsOf(draft.keyTerms);
  const isOther = <K extends keyof SettingsDraft>(name: K) => draft[name] !== before[name];
  return {
    ...(draft.title.trim() && isOther("title") && { title: draft.title.trim() }),
    ...(isOther("kind") && { kind: draft.kind }),
    ...(draft.language && isOther("language") && { language: draft.language }),
    // A term that has a comma stays one until the text is changed.
    ...(isOther("keyTerms") && terms.join("\n") !== before.keyTerms && { key_terms: terms }),
    ...(isOther("rubric") && rubricChange(draft.rubric)),
    ...(isOther("retentionDays") && { retention_days: draft.retentionDays }),
    ...(isOther("speakers") && { speakers_expected: draft.speakers }),
  };
}

export function SettingsDialog({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="upload settings" aria-labelledby="settings-title" onClose={onClose}>
      <header class="dialog-head">
        <h2 id="settings-title">{formText.interview.title}</h2>
        <button type="button" class="bare" aria-label={formText.interview.close} onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </header>
      <SettingsForm />
      <Reruns />
    </dialog>
  );
}

function SettingsForm() {
  const store = useInterview();
  const interview = store.interview.value!;
  const rubrics = useResource(readRubrics).value;
  const draft = useSignal(draftOf(interview));
  const isSaving = useSignal(false);
  const isSaved = useSignal(false);
  const failed = useSignal("");
  const set = (change: Partial<SettingsDraft>) => {
    draft.value = { ...draft.value, ...change };
    isSaved.value = false;
  };
  const { title, kind, language, keyTerms, rubric, retentionDays, speakers } = draft.value;
  const change = changeOf(draft.value, interview);
  const save = async () => {
    isSaving.value = true;
    const outcome = await store.changeSettings(change);
    isSaving.value = false;
    isSaved.value = outcome.ok;
    failed.value = outcome.ok ? "" : formText.interview.notSaved(outcome.error.message);
    // A rubric that was given is now the interview's own.
    if (outcome.ok && store.interview.value) draft.value = { ...draft.value, rubric: draftOf(store.interview.value).rubric };
  };
  const isTranscribed = interview.steps.transcription.state === "done";
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label class="field">
        <span>{formText.settings.title}</span>
        <input dir="auto" required maxLength={500} value={title} onInput={(event) => set({ title: event.currentTarget.value })} />
      </label>
      <div class="fields">
        <KindChoice value={kind} onChoose={(kind) => set({ kind })} />
        <RubricChoice interview={interview} rubrics={rubrics} value={rubric} onChoose={(rubric) => set({ rubric })} />
        <LanguageChoice canDetect={!interview.language} value={language} onChoose={(language) => set({ language })} />
        {!isTranscribed && <SpeakersChoice value={speakers} onChoose={(speakers) => set({ speakers })} />}
        <TermsField value={keyTerms} hint={formText.interview.termsHint} onInput={(keyTerms) => set({ keyTerms })} />
        <RetentionField value={retentionDays} onInput={(retentionDays) => set({ retentionDays })} />
        {isTranscribed && <p class="quiet small">{formText.interview.late}</p>}
      </div>
      <div class="buttons">
        <button type="submit" class="primary" disabled={isSaving.value || Object.keys(change).length === 0}>
          {isSaving.value ? formText.interview.saving : formText.interview.save}
        </button>
        <span class="quiet small" role="status">
          {isSaved.value && formText.interview.saved}
        </span>
      </div>
      {failed.value && (
        <p class="bad small" role="alert">
          {failed.value}
        </p>
      )}
    </form>
  );
}

/** The steps that can be run again by these settings, or by another engine. */
function Reruns() {
  const { steps, audio } = useInterview().interview.value!;
  return (
    <section class="run-list" aria-labelledby="again-title">
      <h2 id="again-title">{formText.interview.again}</h2>
      {audio?.url && (
        <section aria-label={text.step.transcription}>
          <h3>{text.step.transcription}</h3>
          <RunAgain step="transcription" />
        </section>
      )}
      {steps.transcription.state === "done" && (
        <section aria-label={text.step.analysis}>
          <h3>{text.step.analysis}</h3>
          <RunAgain step="analysis" />
        </section>
      )}
    </section>
  );
}
