import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Collection } from "../api/client";
import { useStores } from "../app/context";
import { formText } from "../i18n/forms";
import { listText } from "../i18n/list";
import { size } from "../lib/format";
import { OF_KIND } from "../model/rubric";
import { readRubrics } from "../stores/rubrics";
import { CHANNELS, type Settings, titleOf, type UploadDraft } from "../stores/uploadSettings";
import { Choice } from "../ui/Choice";
import { Icon } from "../ui/Icon";
import { KindChoice, LanguageChoice, RetentionField, RubricChoice, SpeakersChoice, TermsField } from "../ui/settings";
import { useResource } from "../ui/useResource";

/** The titles and the settings of files that are about to be uploaded. */
export function UploadForm({ drafts, collection }: { drafts: Signal<UploadDraft[]>; collection: string }) {
  const { collections, uploads, settings } = useStores();
  const rubrics = useResource(readRubrics).value;
  const form = useRef<HTMLFormElement>(null);
  const chosen = useSignal<Settings>({ ...settings.current.value, ...within(collections.find(collection), collection) });
  const set = (change: Partial<Settings>) => (chosen.value = { ...chosen.value, ...change });
  const { kind, channels, language, retentionDays, keyTerms, rubric } = chosen.value;
  const number = drafts.value.length;
  // The dialog was opened before the form was there.
  useLayoutEffect(() => form.current?.querySelector("input")?.focus(), []);
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        // One that was remembered may have been deleted.
        const isStored = rubrics === null || rubrics.some(({ id }) => id === rubric);
        const last = { ...chosen.value, rubric: isStored ? rubric : OF_KIND };
        settings.use(last);
        uploads.add(drafts.value, last);
        drafts.value = [];
      }}
    >
      <h2 id="upload-title">{formText.upload.dialog(number)}</h2>
      <Files drafts={drafts} />
      <fieldset>
        <legend class={number === 1 ? "hidden" : undefined}>{formText.upload.forAll}</legend>
        <KindChoice value={kind} onChoose={(kind) => set({ kind })} />
        <LanguageChoice canDetect value={language} onChoose={(language) => set({ language })} />
        {rubrics !== null && rubrics.length > 0 && (
          <RubricChoice rubrics={rubrics} value={rubric} onChoose={(rubric) => set({ rubric })} />
        )}
        <Group chosen={chosen.value} set={set} />
        <details class="more" open={chosen.peek().speakers !== null || channels !== "auto" || retentionDays !== null || chosen.peek().keyTerms !== ""}>
          <summary>{formText.upload.more}</summary>
          <div class="fields">
            <TermsField value={keyTerms} hint={formText.settings.keyTermsHint} onInput={(keyTerms) => set({ keyTerms })} />
            <SpeakersChoice value={chosen.value.speakers} onChoose={(speakers) => set({ speakers })} />
            <Choice
              isLabelled
              label={formText.settings.channels}
              options={CHANNELS.map((channels) => [channels, formText.settings.channelUses[channels]] as const)}
              value={channels}
              onChoose={(channels) => set({ channels })}
            />
            <RetentionField value={retentionDays} onInput={(retentionDays) => set({ retentionDays })} />
          </div>
        </details>
      </fieldset>
      <p class="quiet small">{formText.upload.remembered}</p>
      <div class="buttons end">
        <button type="button" onClick={() => (drafts.value = [])}>
          {formText.settings.cancel}
        </button>
        <button type="submit" class="primary">
          {formText.upload.start(number)}
        </button>
      </div>
    </form>
  );
}

/** The settings that a collection has for its interviews. */
function within(found: Collection | undefined, id: string): Partial<Settings> {
  return {
    collection: id,
    ...(found?.kind && { kind: found.kind }),
    ...(found?.rubric_id && { rubric: found.rubric_id }),
    ...(found?.retention_days && { retentionDays: found.retention_days }),
    ...(found?.key_terms.length && { keyTerms: found.key_terms.join("\n") }),
  };
}

/** The collection that they go into, and their tags. */
function Group({ chosen, set }: { chosen: Settings; set: (change: Partial<Settings>) => void }) {
  const { collections } = useStores();
  useEffect(() => collections.ensure(), [collections]);
  const known = (collections.all.value ?? []).map(({ id, title }) => [id, title] as const);
  return (
    <>
      {known.length > 0 && (
        <Choice
          isLabelled
          label={listText.filters.collection}
          options={[["", listText.filters.noCollection] as const, ...known]}
          value={chosen.collection}
          onChoose={(id) => set(within(collections.find(id), id))}
        />
      )}
      <label class="field">
        <span>{listText.filters.tags}</span>
        <input
          dir="auto"
          placeholder={listText.filters.tagsHint}
          value={chosen.tags}
          onInput={(event) => set({ tags: event.currentTarget.value })}
        />
      </label>
    </>
  );
}

/** The files, each with a title that can be changed. */
function Files({ drafts }: { drafts: Signal<UploadDraft[]> }) {
  const change = (at: number, title: string) =>
    (drafts.value = drafts.value.map((draft, index) => (index === at ? { ...draft, title } : draft)));
  return (
    <ul class="files">
      {drafts.value.map(({ file, title }, index) => (
        <li key={index}>
          <label class="field">
            <span>
              {formText.settings.title}{" "}
              <small class="quiet">
                {file.name}, {size(file.size)}
              </small>
            </span>
            <input
              dir="auto"
              maxLength={500}
              aria-label={formText.upload.titleOf(file.name)}
              placeholder={titleOf(file.name)}
              value={title}
              onInput={(event) => change(index, event.currentTarget.value)}
            />
          </label>
          {drafts.value.length > 1 && (
            <button
              type="button"
              class="bare"
              aria-label={formText.upload.removeFile(file.name)}
              onClick={() => (drafts.value = drafts.value.filter((_, at) => at !== index))}
            >
              <Icon name="close" />
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
