import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { bytes, type Collection, type Comparison } from "../api/client";
import { reason } from "../api/errors";
import { arrive, hrefs } from "../app/routes";
import { collectionText } from "../i18n/collections";
import { text } from "../i18n/en";
import { saveFile } from "../lib/save";
import { Scope } from "../lib/scope";
import { ComparisonStore } from "../stores/comparison";
import { FailureBanner } from "../ui/Banner";
import { Choice } from "../ui/Choice";
import { Icon } from "../ui/Icon";
import { lazyPart } from "../ui/lazy";
import { Menu } from "../ui/Menu";
import { toast } from "../ui/toasts";
import { ComparisonTable } from "./ComparisonTable";

const Themes = lazyPart(async () => (await import("./Themes")).Themes);

const words = collectionText.comparison;
const AcrossCollection = lazyPart(async () => (await import("../highlights/AcrossCollection")).AcrossCollection);

/** The interviews of a collection beside each other. */
export function ComparisonPage({ id }: { id: string }) {
  const [scope, store] = useMemo(() => {
    const scope = new Scope();
    return [scope, new ComparisonStore(scope, id)] as const;
  }, [id]);
  useEffect(() => {
    store.read();
    return () => scope.dispose();
  }, [scope, store]);
  const { value: collection } = store.collection;
  useEffect(() => {
    if (!collection) return;
    document.title = `${collection.title} · ${text.product}`;
    arrive();
  }, [collection?.title]);
  if (store.isGone.value) {
    return (
      <main class="list" id="main">
        <h1 tabIndex={-1}>{collectionText.collections.gone}</h1>
        <p>
          <a href={hrefs.collections}>{collectionText.collections.back}</a>
        </p>
      </main>
    );
  }
  const { value: failure } = store.failure;
  const banner = failure && <FailureBanner what={words.notLoaded} details={failure} onRetry={() => store.read()} />;
  if (!collection) {
    return (
      <main class="list" id="main" aria-busy={!failure}>
        {banner}
      </main>
    );
  }
  return (
    <main class="list comparison-page" id="main">
      <Heading collection={collection} store={store} />
      {banner}
      {store.comparison.value && <Compared collection={collection} comparison={store.comparison.value} store={store} />}
      {store.comparison.value?.rubric && <Themes id={id} />}
      <AcrossCollection id={id} />
    </main>
  );
}

function Heading({ collection: { id, title }, store }: { collection: Collection; store: ComparisonStore }) {
  const save = async (part: "comparison" | "report", ending: "csv" | "xlsx" | "docx") => {
    try {
      const rubric = store.rubric.value;
      const query = rubric ? `?rubric=${encodeURIComponent(rubric)}` : "";
      const answer = await bytes(`/v1/collections/${id}/${part}.${ending}${query}`);
      saveFile(await answer.blob(), `${title.replace(/[\\/:*?"<>|\p{Cc}]+/gu, " ").trim() || part}.${ending}`);
    } catch (error) {
      toast(text.downloads.failed(reason(error)), { bad: true });
    }
  };
  return (
    <div class="page-head">
      <a class="back" href={hrefs.collections} aria-label={collectionText.collections.back}>
        <Icon name="back" />
      </a>
      <h1 tabIndex={-1} dir="auto">
        {title}
      </h1>
      <a class="button" href={hrefs.inCollection(id)}>
        {collectionText.collections.interviews}
      </a>
      <Menu
        label={
          <>
            <Icon name="download" /> {words.download}
          </>
        }
        items={[
          { key: "csv", name: words.csv, run: () => void save("comparison", "csv") },
          { key: "xlsx", name: words.xlsx, run: () => void save("comparison", "xlsx") },
          { key: "docx", name: words.docx, run: () => void save("report", "docx") },
        ]}
      />
    </div>
  );
}

interface ComparedProps {
  collection: Collection;
  comparison: Comparison;
  store: ComparisonStore;
}

function Compared({ collection, comparison, store }: ComparedProps) {
  const isLoading = useSignal(false);
  const { rubric, rubrics, items, next_page_token } = comparison;
  if (!rubric) return <p class="none">{words.none}</p>;
  const options = rubrics.map((own) => [own.key, words.option(store.nameOf(own), own.interviews)] as const);
  const more = async () => {
    isLoading.value = true;
    await store.more();
    isLoading.value = false;
  };
  return (
    <>
      <Choice isLabelled label={words.rubric} options={options} value={rubric.key} onChoose={(key) => store.choose(key)} />
      <p class="quiet small">{rubric.competencies.length ? words.noRanking : words.noCompetencies}</p>
      <ComparisonTable title={collection.title} competencies={rubric.competencies} items={items} nameOf={(key) => store.nameOfKey(key)} />
      {next_page_token && (
        <button type="button" disabled={isLoading.value} onClick={() => void more()}>
          {words.more}
        </button>
      )}
    </>
  );
}
