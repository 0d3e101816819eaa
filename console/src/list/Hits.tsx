// What was found in the interviews themselves, below those whose titles were found.

import { useEffect, useMemo } from "preact/hooks";
import type { SearchHit } from "../api/client";
import { useStores } from "../app/context";
import { hrefs } from "../app/routes";
import { text } from "../i18n/en";
import { searchText } from "../i18n/search";
import { ago, clock } from "../lib/format";
import { labelOf } from "../lib/lookup";
import { Scope } from "../lib/scope";
import { type Group, parts, Search, type Within } from "../stores/search";

export function Hits({ find, within: { collection, tag } }: { find: string; within: Within }) {
  const { deletions } = useStores();
  const scope = useMemo(() => new Scope(), []);
  const search = useMemo(() => new Search(scope, deletions.ids), [scope, deletions]);
  useEffect(() => () => scope.dispose(), [scope]);
  useEffect(() => search.look(find, { collection, tag }), [search, find, collection, tag]);
  const [groups, isLoading, failure] = [search.groups.value, search.isLoading.value, search.failure.value];
  const count = groups.reduce((sum, { hits }) => sum + hits.length, 0);
  return (
    <section class="hits" aria-labelledby="hits">
      <div class="filters">
        <h2 id="hits">{searchText.title}</h2>
        <p class="quiet" aria-live="polite">
          {isLoading && !count ? searchText.searching : searchText.count(count, groups.length, search.hasMore.value)}
        </p>
      </div>
      {failure && (
        <p class="banner bad" role="alert">
          {failure}
        </p>
      )}
      {groups.map((group) => (
        <Found key={group.id} group={group} />
      ))}
      {!isLoading && (failure || search.hasMore.value) && (
        <button type="button" onClick={() => void search.loadMore()}>
          {failure ? text.app.retry : searchText.more}
        </button>
      )}
    </section>
  );
}

function Found({ group: { id, title, createdAt, hits } }: { group: Group }) {
  return (
    <article class="hit-group">
      <h3>
        <a dir="auto" href={hrefs.interview(id)}>
          {title}
        </a>{" "}
        <span class="quiet">
          <time dateTime={createdAt}>{ago(createdAt)}</time>
        </span>
      </h3>
      <ol>
        {hits.map((hit, index) => (
          <Hit key={index} hit={hit} />
        ))}
      </ol>
    </article>
  );
}

/** Where notes and highlights are listed. */
const PANES: Record<string, string> = { note: "notes", highlight: "notes" };

/** A hit opens the interview at its moment, with the words marked in the transcript. */
function Hit({ hit }: { hit: SearchHit }) {
  const all = parts(hit);
  const what = hit.field === "transcript" ? hit.speaker_name : labelOf(searchText.field, hit.field);
  const marked = hit.field === "transcript" ? (all[1] ?? "") : "";
  return (
    <li>
      <a class="passage" href={hrefs.hit(hit.interview_id, hit.start_ms, marked, PANES[hit.field] ?? null)}>
        <span class="quiet">
          {hit.start_ms != null && <time>{clock(hit.start_ms)}</time>} {what}
        </span>
        <span dir="auto">
          {all.map((part, index) => (index % 2 ? <mark key={index}>{part}</mark> : part))}
        </span>
      </a>
    </li>
  );
}
