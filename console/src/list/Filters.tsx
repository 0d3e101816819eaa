import { useEffect } from "preact/hooks";
import { useStores } from "../app/context";
import { setParams } from "../app/routes";
import { text } from "../i18n/en";
import { listText } from "../i18n/list";
import { lookup } from "../lib/lookup";
import type { Filters } from "../stores/library";
import { LONGEST_TAG } from "../stores/uploadSettings";
import { Choice } from "../ui/Choice";

const KINDS = [["", listText.filters.anyKind], ...Object.entries(text.kind)] as const;

/** Collection, kind, tag and dates; kept in the address. */
export function FilterBar({ filters: { collection, kind, tag, from, to } }: { filters: Filters }) {
  const { collections, library } = useStores();
  useEffect(() => collections.ensure(), [collections]);
  const known = (collections.all.value ?? []).map(({ id, title }) => [id, title] as const);
  // A collection that is gone, or is not read yet, stays what the list is filtered by.
  const chosen = collection && !known.some(([id]) => id === collection) ? [[collection, "…"] as const] : [];
  const tags = [...new Set((library.interviews.value ?? []).flatMap((own) => own.tags))].sort();
  return (
    <div class="filters more-filters">
      <Choice
        label={listText.filters.collection}
        options={[["", listText.filters.anyCollection] as const, ...chosen, ...known]}
        value={collection}
        onChoose={(collection) => setParams({ collection })}
      />
      <Choice label={listText.filters.kind} options={KINDS} value={lookup(text.kind, kind) === undefined ? "" : kind} onChoose={(kind) => setParams({ kind })} />
      <label class="tag-filter">
        <span class="hidden">{listText.filters.tag}</span>
        <input
          type="search"
          list="known-tags"
          maxLength={LONGEST_TAG}
          placeholder={listText.filters.tag}
          value={tag}
          onChange={(event) => setParams({ tag: event.currentTarget.value.trim() })}
        />
        <datalist id="known-tags">
          {tags.map((tag) => (
            <option key={tag} value={tag} />
          ))}
        </datalist>
      </label>
      <Day label={listText.filters.from} value={from} onChoose={(from) => setParams({ from })} />
      <Day label={listText.filters.to} value={to} onChoose={(to) => setParams({ to })} />
    </div>
  );
}

function Day({ label, value, onChoose }: { label: string; value: string; onChoose: (day: string) => void }) {
  return (
    <label class="day">
      <span class="quiet small">{label}</span>
      <input type="date" value={value} onChange={(event) => onChoose(event.currentTarget.value)} />
    </label>
  );
}
