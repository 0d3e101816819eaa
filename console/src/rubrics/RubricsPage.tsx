// The person's rubrics: a list, and the form of one.

import { useEffect, useRef } from "preact/hooks";
import type { Rubric } from "../api/client";
import { arrive, hrefs, navigate, route } from "../app/routes";
import { text } from "../i18n/en";
import { formText } from "../i18n/forms";
import { ago } from "../lib/format";
import { attempt } from "../lib/outcome";
import { deleteRubric, readRubrics, readTemplates } from "../stores/rubrics";
import { FailureBanner } from "../ui/Banner";
import { focusBeside } from "../ui/focus";
import { Icon } from "../ui/Icon";
import { Menu } from "../ui/Menu";
import { toast } from "../ui/toasts";
import { useResource } from "../ui/useResource";
import { RubricEditor } from "./RubricEditor";

/** A new rubric without a template. */
const EMPTY = "empty";

export function RubricsPage() {
  const to = route.value;
  if (to.view !== "rubrics") return null;
  const { edit, from } = to;
  if (edit === null && from === null) return <RubricList />;
  return <RubricEditor key={`${edit} ${from}`} id={edit} from={from} />;
}

function RubricList() {
  const rubrics = useResource(readRubrics);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${formText.rubrics.title} · ${text.product}`;
    arrive();
  }, []);
  const load = rubrics.load.value;
  const all = rubrics.value;
  const remove = async (rubric: Rubric, button: HTMLElement) => {
    if (!confirm(formText.rubrics.deleteSure(rubric.name))) return;
    const outcome = await attempt(() => deleteRubric(rubric.id));
    if (!outcome.ok) {
      toast(formText.rubrics.notDeleted(outcome.error.message), { bad: true });
      return;
    }
    focusBeside(button, () => heading.current);
    rubrics.update((all) => all.filter(({ id }) => id !== rubric.id));
    toast(formText.rubrics.deleted(rubric.name));
  };
  return (
    <main class="list" id="main">
      <header class="rubrics-head">
        <h1 ref={heading} tabIndex={-1}>
          {formText.rubrics.title}
        </h1>
        <NewRubric />
      </header>
      <p class="quiet">{formText.rubrics.about}</p>
      {load.state === "failed" && (
        <FailureBanner what={formText.rubrics.notLoaded} details={load.error.message} onRetry={() => rubrics.retry()} />
      )}
      {all === null && load.state !== "failed" && <p class="quiet">{formText.rubrics.loading}</p>}
      {all?.length === 0 && <p class="none">{formText.rubrics.none}</p>}
      {all !== null && all.length > 0 && (
        <ul class="rows" aria-label={formText.rubrics.title}>
          {all.map((rubric) => (
            <li key={rubric.id} class="row">
              <a class="name" dir="auto" href={hrefs.rubric(rubric.id)}>
                {rubric.name}
              </a>
              <span class="about quiet">
                {formText.rubrics.facts(rubric.competencies.length, rubric.version, ago(rubric.updated_at))}
              </span>
              <button
                type="button"
                class="bare"
                aria-label={formText.rubrics.delete(rubric.name)}
                onClick={(event) => void remove(rubric, event.currentTarget)}
              >
                <Icon name="trash" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </main>
  );
}

/** Begins with an empty rubric, or with the template of a kind. */
function NewRubric() {
  const templates = useResource(readTemplates).value ?? [];
  const items = [
    ...templates.map(({ kind, name }) => ({ key: kind as string, name: formText.rubrics.from(name) })),
    { key: EMPTY, name: formText.rubrics.empty },
  ];
  return <Menu label={formText.rubrics.new} items={items.map((item) => ({ ...item, run: () => navigate(hrefs.newRubric(item.key)) }))} />;
}
