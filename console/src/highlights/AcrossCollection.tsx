import { useEffect, useMemo } from "preact/hooks";
import type { CollectionHighlight } from "../api/client";
import { hrefs } from "../app/routes";
import { text } from "../i18n/en";
import { highlightText } from "../i18n/highlights";
import { clock } from "../lib/format";
import { Scope } from "../lib/scope";
import { CollectionHighlights } from "../stores/collectionHighlights";
import { FailureBanner } from "../ui/Banner";
import { stateOf } from "./HighlightList";
import { shortened } from "./quotation";

const strings = highlightText.across;

/** The highlights of a collection's interviews. */
export function AcrossCollection({ id }: { id: string }) {
  const [scope, store] = useMemo(() => {
    const scope = new Scope();
    return [scope, new CollectionHighlights(scope, id)] as const;
  }, [id]);
  useEffect(() => {
    void store.start();
    return () => scope.dispose();
  }, [scope, store]);
  const { items, failure, tag, hasMore, isLoading } = store;
  return (
    <section class="highlights" aria-labelledby="highlights-title">
      <h2 id="highlights-title">{highlightText.title}</h2>
      <form
        class="filter"
        onSubmit={(event) => {
          event.preventDefault();
          const field = event.currentTarget.elements.namedItem("tag") as HTMLInputElement;
          void store.start(field.value.trim());
        }}
      >
        <label>
          <span>{strings.filter}</span>
          <input key={tag.value} name="tag" type="search" dir="auto" maxLength={50} defaultValue={tag.value} />
        </label>
      </form>
      {failure.value && (
        <FailureBanner what={strings.notLoaded} details={failure.value} onRetry={() => void store.start(tag.value)} />
      )}
      {items.value === null && !failure.value && <div class="skeleton" role="status" aria-label={text.app.loading} />}
      {items.value?.length === 0 && <p class="none">{tag.value ? strings.noneTagged(tag.value) : strings.none}</p>}
      {Boolean(items.value?.length) && (
        <ul class="plain" aria-label={highlightText.title}>
          {items.value!.map((item) => (
            <Row key={item.id} item={item} onTag={(wanted) => void store.start(wanted)} />
          ))}
        </ul>
      )}
      {hasMore.value && items.value && (
        <button type="button" disabled={isLoading.value} onClick={() => void store.more()}>
          {strings.more}
        </button>
      )}
    </section>
  );
}

function Row({ item, onTag }: { item: CollectionHighlight; onTag: (tag: string) => void }) {
  const { interview_id, title, text: quote, speaker_name, start_ms, tags } = item;
  const state = stateOf(item);
  return (
    <li class="note">
      <a class="at" href={hrefs.moment(interview_id, start_ms)} aria-label={strings.open(clock(start_ms), shortened(quote), title)}>
        {clock(start_ms)}
      </a>
      <span class="text" dir="auto">
        <q>{quote}</q>{" "}
        <span class="quiet small">
          {speaker_name} · {title}
          {state && ` · ${state}`}
        </span>
      </span>
      <span class="buttons">
        {tags.map((tag) => (
          <button key={tag} type="button" class="tag small" dir="auto" onClick={() => onTag(tag)}>
            {tag}
          </button>
        ))}
      </span>
    </li>
  );
}
