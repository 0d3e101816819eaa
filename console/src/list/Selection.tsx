import { type Signal, useSignal } from "@preact/signals";
import type { Interview } from "../api/client";
import { useStores } from "../app/context";
import { listText } from "../i18n/list";
import { LONGEST_TAG } from "../stores/uploadSettings";
import { Choice } from "../ui/Choice";
import { Icon } from "../ui/Icon";
import { Menu } from "../ui/Menu";
import { toast } from "../ui/toasts";
import type * as Bulk from "./bulk";

export type Selected = Signal<ReadonlySet<string>>;

/** What can be done with the selected interviews. It is there while there are any. */
export function SelectionBar({ selected, shown }: { selected: Selected; shown: readonly Interview[] }) {
  const { collections, deletions, library } = useStores();
  const isBusy = useSignal(false);
  const chosen = shown.filter(({ id }) => selected.value.has(id));
  if (!chosen.length) return null;
  const clear = () => (selected.value = new Set());
  /** Does something with all of them; the script for it is loaded then. */
  const run = async (what: (bulk: typeof Bulk) => Promise<Bulk.Done>, done?: (number: number) => string) => {
    isBusy.value = true;
    const { failed, changed, reason } = await what(await import("./bulk"));
    changed.forEach((interview) => library.put(interview));
    isBusy.value = false;
    if (failed) toast(listText.bulk.failed(failed, chosen.length, reason), { bad: true });
    else if (done) toast(done(chosen.length));
  };
  const options = [
    ["-", listText.bulk.collection] as const,
    ["", listText.bulk.noCollection] as const,
    ...(collections.all.value ?? []).map(({ id, title }) => [id, title] as const),
  ];
  return (
    <section class="selection" aria-label={listText.bulk.bar} aria-busy={isBusy.value}>
      <b aria-live="polite">{listText.bulk.selected(chosen.length)}</b>
      <TagForm isBusy={isBusy.value} onTag={(tag) => void run((bulk) => bulk.addTag(chosen, tag), listText.bulk.done)} />
      <Choice
        label={listText.bulk.collection}
        options={options}
        value="-"
        onChoose={(id) => {
          if (id !== "-") void run((bulk) => bulk.moveTo(chosen, id), listText.bulk.done);
        }}
      />
      <button type="button" disabled={isBusy.value} onClick={() => void run((bulk) => bulk.runAgain(chosen), listText.bulk.started)}>
        <Icon name="retry" /> {listText.bulk.run}
      </button>
      <Menu
        label={
          <>
            <Icon name="download" /> {listText.bulk.export}
          </>
        }
        items={[
          { key: "reports", name: listText.bulk.reports, run: () => void run((bulk) => bulk.saveReports(chosen)) },
          { key: "transcripts", name: listText.bulk.transcripts, run: () => void run((bulk) => bulk.saveTranscripts(chosen)) },
          { key: "analyses", name: listText.bulk.analyses, run: () => void run((bulk) => bulk.saveAnalyses(chosen)) },
        ]}
      />
      <button
        type="button"
        disabled={isBusy.value}
        onClick={() => {
          document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
          deletions.removeAll(chosen);
          clear();
        }}
      >
        <Icon name="trash" /> {listText.bulk.delete}
      </button>
      <button type="button" class="bare" aria-label={listText.bulk.clear} onClick={clear}>
        <Icon name="close" />
      </button>
    </section>
  );
}

function TagForm({ isBusy, onTag }: { isBusy: boolean; onTag: (tag: string) => void }) {
  const tag = useSignal("");
  return (
    <form
      class="buttons"
      onSubmit={(event) => {
        event.preventDefault();
        const name = tag.value.trim();
        if (!name) return;
        tag.value = "";
        onTag(name);
      }}
    >
      <label>
        <span class="hidden">{listText.bulk.tagName}</span>
        <input
          dir="auto"
          maxLength={LONGEST_TAG}
          placeholder={listText.bulk.tag}
          value={tag.value}
          onInput={(event) => (tag.value = event.currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={isBusy}>
        {listText.bulk.tagNow}
      </button>
    </form>
  );
}
