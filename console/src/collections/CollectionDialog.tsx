import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { api, ask, type Collection, type Kind, type NewCollection } from "../api/client";
import { reason } from "../api/errors";
import { useStores } from "../app/context";
import { collectionText } from "../i18n/collections";
import { text } from "../i18n/en";
import { KINDS, MOST_DAYS, termsOf } from "../stores/uploadSettings";
import { Choice } from "../ui/Choice";

const words = collectionText.collections;

/** What the fields hold; empty texts for what is not set. */
interface Fields {
  title: string;
  kind: Kind | "";
  rubric: string;
  keyTerms: string;
  retentionDays: number | null;
  webhook: string;
}

function fieldsOf(collection: Collection | null): Fields {
  return {
    title: collection?.title ?? "",
    kind: collection?.kind ?? "",
    rubric: collection?.rubric_id ?? "",
    keyTerms: collection?.key_terms.join("\n") ?? "",
    retentionDays: collection?.retention_days ?? null,
    webhook: collection?.webhook_url ?? "",
  };
}

function bodyOf({ title, kind, rubric, keyTerms, retentionDays, webhook }: Fields): NewCollection {
  return {
    title: title.trim(),
    kind: kind || null,
    rubric_id: rubric || null,
    key_terms: termsOf(keyTerms),
    retention_days: retentionDays,
    webhook_url: webhook.trim() || null,
  };
}

interface Props {
  /** Nothing for a new one. */
  collection: Collection | null;
  onClose: () => void;
}

/** The fields of a collection, new or changed. */
export function CollectionDialog({ collection, onClose }: Props) {
  const { collections } = useStores();
  const dialog = useRef<HTMLDialogElement>(null);
  const failed = useSignal("");
  const isSaving = useSignal(false);
  const chosen = useSignal(fieldsOf(collection));
  const set = (change: Partial<Fields>) => (chosen.value = { ...chosen.value, ...change });
  useEffect(() => dialog.current?.showModal(), []);
  const save = async () => {
    isSaving.value = true;
    try {
      await collections.save(collection?.id ?? null, bodyOf(chosen.value));
      dialog.current?.close();
    } catch (error) {
      failed.value = words.notSaved(reason(error));
    }
    isSaving.value = false;
  };
  return (
    <dialog ref={dialog} class="upload collection" aria-labelledby="collection-title" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <h2 id="collection-title">{collection ? words.editing : words.add}</h2>
        <label class="field">
          <span>{words.name}</span>
          <input required dir="auto" maxLength={500} value={chosen.value.title} onInput={(event) => set({ title: event.currentTarget.value })} />
        </label>
        <p class="quiet small">{words.defaults}</p>
        <Defaults chosen={chosen.value} set={set} />
        {failed.value && (
          <p class="banner bad" role="alert">
            {failed.value}
          </p>
        )}
        <div class="buttons end">
          <button type="button" onClick={() => dialog.current?.close()}>
            {words.cancel}
          </button>
          <button type="submit" class="primary" disabled={isSaving.value}>
            {words.save}
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** What new interviews in the collection are given. */
function Defaults({ chosen, set }: { chosen: Fields; set: (change: Partial<Fields>) => void }) {
  return (
    <>
      <fieldset>
        <Choice
          isLabelled
          label={words.kind}
          options={[["", words.anyKind] as const, ...KINDS.map((kind) => [kind, text.kind[kind]] as const)]}
          value={chosen.kind}
          onChoose={(kind) => set({ kind })}
        />
        <RubricChoice value={chosen.rubric} onChoose={(rubric) => set({ rubric })} />
        <label class="field">
          <span>{words.retention}</span>
          <input
            type="number"
            min={1}
            max={MOST_DAYS}
            step={1}
            value={chosen.retentionDays ?? ""}
            onInput={({ currentTarget: { valueAsNumber } }) =>
              set({ retentionDays: Number.isInteger(valueAsNumber) ? valueAsNumber : null })
            }
          />
        </label>
        <label class="field">
          <span>{words.webhook}</span>
          <input type="url" value={chosen.webhook} onInput={(event) => set({ webhook: event.currentTarget.value })} />
        </label>
      </fieldset>
      <label class="field">
        <span>{words.keyTerms}</span>
        <textarea
          dir="auto"
          rows={2}
          maxLength={4_000}
          placeholder={words.keyTermsHint}
          value={chosen.keyTerms}
          onInput={(event) => set({ keyTerms: event.currentTarget.value })}
        />
      </label>
    </>
  );
}

/** The rubrics that the user keeps. */
function RubricChoice({ value, onChoose }: { value: string; onChoose: (id: string) => void }) {
  const rubrics = useSignal<(readonly [string, string])[]>([]);
  useEffect(() => {
    const read = async () => {
      const { items } = await ask(api.GET("/v1/rubrics", { params: { query: { limit: 100 } } }));
      rubrics.value = items.map(({ id, name }) => [id, name] as const);
    };
    // Without them the rubric stays as it is.
    read().catch(() => {});
  }, []);
  const known = rubrics.value.some(([id]) => id === value);
  const other = value && !known ? [[value, "…"] as const] : [];
  return (
    <Choice
      isLabelled
      label={words.rubric}
      options={[["", words.ofKind] as const, ...other, ...rubrics.value]}
      value={value}
      onChoose={onChoose}
    />
  );
}
