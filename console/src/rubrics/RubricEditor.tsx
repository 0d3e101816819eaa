// The form of a rubric. Each time that it is saved is another version.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { newKey } from "../../../docs/clients/upload.js";
import type { Rubric } from "../api/client";
import { Resource } from "../api/resource";
import { arrive, hrefs } from "../app/routes";
import { text } from "../i18n/en";
import { formText } from "../i18n/forms";
import { attempt } from "../lib/outcome";
import { Scope } from "../lib/scope";
import { bodyOf, type CriterionDraft, draftOf, emptyCriterion, MOST_COMPETENCIES, moved, type RubricDraft } from "../model/rubric";
import { changeRubric, createRubric, readRubric, readTemplates } from "../stores/rubrics";
import { FailureBanner } from "../ui/Banner";
import { Icon } from "../ui/Icon";
import { CriterionForm } from "./CriterionForm";

interface Props {
  /** The stored rubric; null for a new one. */
  id: string | null;
  /** The kind whose template a new one begins with. */
  from: string | null;
}

/** What the form begins with. */
interface Beginning {
  draft: RubricDraft;
  stored: Rubric | null;
}

async function read({ id, from }: Props, signal: AbortSignal): Promise<Beginning> {
  if (id !== null) {
    const stored = await readRubric(id, signal);
    return { draft: draftOf(stored), stored };
  }
  const template = (await readTemplates(signal)).find(({ kind }) => kind === from);
  return { draft: draftOf(template ?? null), stored: null };
}

export function RubricEditor(props: Props) {
  const scope = useMemo(() => new Scope(), []);
  const beginning = useMemo(() => new Resource<Beginning>(scope, (signal) => read(props, signal)), [scope]);
  useEffect(() => {
    document.title = `${formText.rubrics.edit} · ${text.product}`;
    void beginning.refresh();
    return () => scope.dispose();
  }, [scope, beginning]);
  const load = beginning.load.value;
  const isGone = load.state === "failed" && load.error.status === 404;
  return (
    <main class="list" id="main">
      <p>
        <a href={hrefs.rubrics()}>
          <Icon name="back" /> {formText.rubrics.back}
        </a>
      </p>
      {isGone && <p class="banner bad">{formText.rubrics.gone}</p>}
      {load.state === "failed" && !isGone && <FailureBanner what={load.error.message} onRetry={() => beginning.retry()} />}
      {load.state === "loading" && <p class="quiet">{formText.rubrics.loading}</p>}
      {load.state === "ready" && <Form {...load.value} />}
    </main>
  );
}

/** Asks before what is not saved is left by a link or by closing the page. */
function useGuard(isChanged: Signal<boolean>): void {
  useEffect(() => {
    const scope = new Scope();
    scope.listen(window, "beforeunload", (event) => {
      if (isChanged.peek()) event.preventDefault();
    });
    // Before the page follows it.
    scope.listen<MouseEvent>(document, "click", (event) => {
      const link = (event.target as Element).closest?.("a");
      if (link && !link.target && isChanged.peek() && !confirm(formText.rubrics.leave)) event.preventDefault();
    });
    return () => scope.dispose();
  }, [isChanged]);
}

function Form({ draft: first, stored: before }: Beginning) {
  const draft = useSignal(first);
  const stored = useSignal(before);
  const isChanged = useSignal(before === null && first.name !== "");
  const isSaving = useSignal(false);
  const failed = useSignal("");
  const key = useMemo(() => newKey(), []);
  useGuard(isChanged);
  useEffect(arrive, []);
  const change = (next: Partial<RubricDraft>) => {
    draft.value = { ...draft.value, ...next };
    isChanged.value = true;
  };
  const save = async () => {
    if (isSaving.value) return;
    isSaving.value = true;
    const sent = draft.value;
    const outcome = await attempt(async () => {
      const own = stored.value;
      stored.value = await (own ? changeRubric(own.id, bodyOf(sent)) : createRubric(bodyOf(sent), key));
      // The same form goes on, at the rubric's own address.
      history.replaceState(history.state, "", hrefs.rubric(stored.value.id));
      isChanged.value = draft.value !== sent;
    });
    failed.value = outcome.ok ? "" : formText.rubrics.notSaved(outcome.error.message);
    isSaving.value = false;
  };
  const version = stored.value?.version;
  return (
    <form
      class="rubric"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h1 tabIndex={-1}>{stored.value?.name ?? formText.rubrics.new}</h1>
      <label class="field">
        <span>{formText.rubrics.name}</span>
        <input
          dir="auto"
          required
          maxLength={200}
          value={draft.value.name}
          onInput={(event) => change({ name: event.currentTarget.value })}
        />
      </label>
      <Criteria competencies={draft.value.competencies} onChange={(competencies) => change({ competencies })} />
      <div class="buttons save">
        <button type="submit" class="primary" disabled={isSaving.value || !isChanged.value}>
          {isSaving.value ? formText.rubrics.saving : version ? formText.rubrics.saveVersion(version + 1) : formText.rubrics.save}
        </button>
        <span class="quiet small" role="status">
          {isChanged.value ? formText.rubrics.unsaved : version !== undefined && formText.rubrics.saved(version)}
        </span>
      </div>
      {failed.value && (
        <p class="bad" role="alert">
          {failed.value}
        </p>
      )}
    </form>
  );
}

interface CriteriaProps {
  competencies: readonly CriterionDraft[];
  onChange: (competencies: readonly CriterionDraft[]) => void;
}

/** The competencies in their order. The focus goes with what was added or moved. */
function Criteria({ competencies, onChange }: CriteriaProps) {
  const list = useRef<HTMLOListElement>(null);
  const add = useRef<HTMLButtonElement>(null);
  /** What gets the focus when the list is drawn anew. */
  const next = useRef<{ at: number; what: string } | null>(null);
  useLayoutEffect(() => {
    if (!next.current) return;
    const { at, what } = next.current;
    next.current = null;
    const row = list.current?.children[at];
    // A button that cannot move it further is disabled.
    const target = row?.querySelector<HTMLElement>(`${what}:not(:disabled)`) ?? row?.querySelector<HTMLElement>("input");
    (target ?? add.current)?.focus();
  }, [competencies]);
  const change = (changed: readonly CriterionDraft[], at: number, what: string) => {
    next.current = { at, what };
    onChange(changed);
  };
  return (
    <>
      <ol ref={list} class="plain criteria">
        {competencies.map((criterion, at) => (
          <CriterionForm
            key={criterion.key}
            criterion={criterion}
            at={at}
            isLast={at === competencies.length - 1}
            isOnly={competencies.length === 1}
            onChange={(change) => onChange(competencies.map((own, index) => (index === at ? { ...own, ...change } : own)))}
            onMove={(by) => change(moved(competencies, at, by), at + by, by < 0 ? ".up" : ".down")}
            onRemove={() =>
              change(competencies.filter((_, index) => index !== at), Math.min(at, competencies.length - 2), "input")
            }
          />
        ))}
      </ol>
      <div class="buttons">
        <button
          ref={add}
          type="button"
          disabled={competencies.length >= MOST_COMPETENCIES}
          onClick={() => change([...competencies, emptyCriterion()], competencies.length, "input")}
        >
          {formText.rubrics.add}
        </button>
        {competencies.length >= MOST_COMPETENCIES && <span class="quiet small">{formText.rubrics.most(MOST_COMPETENCIES)}</span>}
      </div>
    </>
  );
}
