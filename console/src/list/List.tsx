import { signal, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Interview, Kind, Status } from "../api/client";
import { STEPS } from "../api/client";
import { useStores } from "../app/context";
import { arrive, hrefs, route, setParams } from "../app/routes";
import { text } from "../i18n/en";
import { ago, clock } from "../lib/format";
import { labelOf, lookup } from "../lib/lookup";
import { Scope } from "../lib/scope";
import { unusableHeading } from "../model/unusable";
import { ALL, type Filters } from "../stores/library";
import type { UploadDraft } from "../stores/uploadSettings";
import { Choice } from "../ui/Choice";
import { focusBeside } from "../ui/focus";
import { Icon } from "../ui/Icon";
import { lazyPart } from "../ui/lazy";
import { Drop } from "../uploads/Drop";
import { UploadDialog } from "../uploads/UploadDialog";
import { EngineLine, EnginesProvider } from "./Engines";
import type { Selected } from "./Selection";

const Rows = lazyPart(async () => (await import("../uploads/Rows")).Rows);
const Empty = lazyPart(async () => (await import("./Empty")).Empty);
const FilterBar = lazyPart(async () => (await import("./Filters")).FilterBar);
const SelectionBar = lazyPart(async () => (await import("./Selection")).SelectionBar);

/** Loaded when something is searched for. */
const Hits = lazyPart(async () => (await import("./Hits")).Hits);

const STATUSES = [["", text.list.all], ...Object.entries(text.status)] as [Status | "", string][];

/** The filters of the address; a status or kind that the page does not know is none. */
function filter(): { find: string; filters: Filters } {
  if (route.value.view !== "list") return { find: "", filters: ALL };
  const { find, status, kind, collection, tag, from, to } = route.value;
  const filters = {
    status: lookup(text.status, status) === undefined ? "" : (status as Status),
    kind: lookup(text.kind, kind) === undefined ? "" : (kind as Kind),
    collection,
    tag,
    from,
    to,
  } as const;
  return { find, filters };
}

/** Whether the list is filtered by more than a status. */
const isGrouped = ({ kind, collection, tag, from, to }: Filters) => [kind, collection, tag, from, to].some(Boolean);

export function List() {
  const { library, uploads } = useStores();
  const drafts = useMemo(() => signal<UploadDraft[]>([]), []);
  const { find, filters } = filter();
  useEffect(() => library.filter(find, filters), [library, find, ...Object.values(filters)]);
  useEffect(() => {
    const scope = new Scope();
    library.watch(scope);
    document.title = `${text.list.title} · ${text.product}`;
    arrive();
    return () => scope.dispose();
  }, [library]);
  const isEmpty =
    library.interviews.value?.length === 0 && !uploads.all.value.length && !uploads.resumable.value.length && !filters.status && !isGrouped(filters);
  return (
    <main class="list" id="main">
      <h1 tabIndex={-1}>{text.list.title}</h1>
      <Drop onFiles={(files) => (drafts.value = [...drafts.value, ...files.map((file) => ({ file, title: "" }))])} />
      <UploadDialog drafts={drafts} collection={filters.collection} />
      {library.failure.value && (
        <p class="banner bad" role="alert">
          {library.failure.value}
        </p>
      )}
      {uploads.all.value.length + uploads.resumable.value.length > 0 && <Rows />}
      <EnginesProvider>
        {isEmpty ? <Empty /> : <Found find={find} filters={filters} />}
        {!isEmpty && <EngineLine />}
      </EnginesProvider>
    </main>
  );
}

function Found({ find, filters }: { find: string; filters: Filters }) {
  const { library } = useStores();
  const { status } = filters;
  const selected = useMemo(() => signal<ReadonlySet<string>>(new Set()), []);
  const isMore = useSignal(isGrouped(filters));
  const [shown, isRead] = [library.shown.value, library.interviews.value !== null];
  return (
    <>
      <div class="filters">
        <label class="search">
          <Icon name="search" />
          <span class="hidden">{text.list.search}</span>
          <input
            type="search"
            placeholder={text.list.search}
            value={find}
            onInput={(event) => setParams({ find: event.currentTarget.value })}
          />
        </label>
        <Choice
          label={text.list.status}
          options={STATUSES}
          value={status}
          onChoose={(wanted) => setParams({ status: wanted })}
        />
        <button type="button" aria-expanded={isMore.value} onClick={() => (isMore.value = !isMore.value)}>
          {text.list.moreFilters}
        </button>
        <p class="quiet" aria-live="polite">
          {isRead && text.list.count(shown.length, library.hasMore.value)}
        </p>
      </div>
      {isMore.value && <FilterBar filters={filters} />}
      {selected.value.size > 0 && <SelectionBar selected={selected} shown={shown} />}
      {!isRead && !library.failure.value && (
        <div class="skeleton" role="status" aria-label={text.app.loading}>
          <i />
          <i />
          <i />
        </div>
      )}
      {isRead && !shown.length && !library.hasMore.value && (find || status || isGrouped(filters)) && (
        <p class="none">
          {find ? text.list.noTitle : text.list.noMatch}{" "}
          <button type="button" onClick={() => setParams({ find: "", ...ALL })}>
            {text.list.clear}
          </button>
        </p>
      )}
      {isRead && shown.length > 1 && (
        <label class="select-all quiet small">
          <input
            type="checkbox"
            checked={shown.every(({ id }) => selected.value.has(id))}
            onChange={(event) => (selected.value = new Set(event.currentTarget.checked ? shown.map(({ id }) => id) : []))}
          />{" "}
          {text.list.selectAll}
        </label>
      )}
      {isRead && (
        <ul class="rows" aria-label={text.list.title}>
          {shown.map((interview) => (
            <Row key={interview.id} interview={interview} selected={selected} />
          ))}
        </ul>
      )}
      <More />
      {find.trim() && <Hits find={find} within={filters} />}
    </>
  );
}

function Row({ interview, selected }: { interview: Interview; selected: Selected }) {
  const { deletions } = useStores();
  const { id, title, kind, audio, created_at, tags } = interview;
  const length = audio?.duration_ms;
  const doubt = unusableHeading(interview);
  return (
    <li class="row selectable">
      <input
        type="checkbox"
        aria-label={text.list.select(title)}
        checked={selected.value.has(id)}
        onChange={(event) => {
          const ids = new Set(selected.value);
          if (event.currentTarget.checked) ids.add(id);
          else ids.delete(id);
          selected.value = ids;
        }}
      />
      <a class="name" dir="auto" href={hrefs.interview(id)}>
        {title}
      </a>
      <span class="about quiet">
        {labelOf(text.kind, kind)} · <time dateTime={created_at}>{ago(created_at)}</time>
        {length != null && ` · ${clock(length)}`}
        {tags.map((tag) => (
          <span key={tag} class="tag" dir="auto">
            {tag}
          </span>
        ))}
        {doubt && (
          <>
            {" · "}
            <span class={`unreliable ${interview.usable?.ok ? "limited" : ""}`}>
              <Icon name="warning" /> {doubt}
            </span>
          </>
        )}
      </span>
      <Pill interview={interview} />
      <button
        type="button"
        class="bare"
        aria-label={text.list.delete(title)}
        onClick={(event) => {
          focusBeside(event.currentTarget, () => document.querySelector("h1"));
          deletions.remove(interview);
        }}
      >
        <Icon name="trash" />
      </button>
    </li>
  );
}

/** Where an interview stands, and each of its steps while it is under way. */
function Pill({ interview: { status, steps } }: { interview: Interview }) {
  return (
    <span class={`pill ${status}`}>
      {labelOf(text.status, status)}
      {status === "processing" && (
        <span class="dots" aria-hidden="true">
          {STEPS.map((name) => (
            <i key={name} class={steps[name].state} />
          ))}
        </span>
      )}
    </span>
  );
}

/** Loads the next page when the end of this one comes into view. */
function More() {
  const { library } = useStores();
  const end = useRef<HTMLButtonElement>(null);
  const seen = useSignal(false);
  const { value: more } = library.hasMore;
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => (seen.value = entry?.isIntersecting ?? false));
    if (end.current) observer.observe(end.current);
    return () => {
      observer.disconnect();
      // The end of the next list is not known to be in view.
      seen.value = false;
    };
  }, [more]);
  useSignalEffect(() => {
    if (seen.value && library.hasMore.value && !library.isLoading.value && !library.failure.value) void library.loadMore();
  });
  return more ? (
    <button type="button" ref={end} onClick={() => void library.loadMore()}>
      {text.list.more}
    </button>
  ) : null;
}
