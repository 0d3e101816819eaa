import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Collection } from "../api/client";
import { reason } from "../api/errors";
import { useStores } from "../app/context";
import { arrive, hrefs } from "../app/routes";
import { collectionText } from "../i18n/collections";
import { text } from "../i18n/en";
import { labelOf } from "../lib/lookup";
import { FailureBanner } from "../ui/Banner";
import { focusBeside } from "../ui/focus";
import { Icon } from "../ui/Icon";
import { toast } from "../ui/toasts";
import { CollectionDialog } from "./CollectionDialog";
import { Confirm } from "./Confirm";

const words = collectionText.collections;

/** The collections: created, changed, deleted, and the ways into them. */
export function CollectionsPage() {
  const { collections } = useStores();
  /** The one that is changed; empty for a new one. */
  const edited = useSignal<Collection | "new" | null>(null);
  const deleted = useSignal<Collection | null>(null);
  const { all, failure } = collections;
  useEffect(() => {
    void collections.refresh();
    document.title = `${words.title} · ${text.product}`;
    arrive();
  }, [collections]);
  return (
    <main class="list" id="main">
      <div class="page-head">
        <h1 tabIndex={-1}>{words.title}</h1>
        <button type="button" class="primary" onClick={() => (edited.value = "new")}>
          {words.add}
        </button>
      </div>
      <p class="quiet">{words.about}</p>
      {failure.value && <FailureBanner what={words.notLoaded} details={failure.value} onRetry={() => void collections.refresh()} />}
      {all.value === null && !failure.value && <div class="skeleton" role="status" aria-label={text.app.loading} />}
      {all.value?.length === 0 && <p class="none">{words.none}</p>}
      {all.value && (
        <ul class="rows" aria-label={words.title}>
          {all.value.map((collection) => (
            <Row key={collection.id} collection={collection} edited={edited} deleted={deleted} />
          ))}
        </ul>
      )}
      {edited.value && (
        <CollectionDialog
          key={edited.value === "new" ? "new" : edited.value.id}
          collection={edited.value === "new" ? null : edited.value}
          onClose={() => (edited.value = null)}
        />
      )}
      {deleted.value && <Deletion collection={deleted.value} onClose={() => (deleted.value = null)} />}
    </main>
  );
}

interface RowProps {
  collection: Collection;
  edited: Signal<Collection | "new" | null>;
  deleted: Signal<Collection | null>;
}

function Row({ collection, edited, deleted }: RowProps) {
  const { id, title, kind } = collection;
  return (
    <li class="row">
      <a class="name" dir="auto" href={hrefs.inCollection(id)}>
        {title}
      </a>
      <span class="about quiet">{kind ? labelOf(text.kind, kind) : words.anyKind}</span>
      <span class="buttons">
        <a class="button" href={hrefs.collection(id)} aria-label={words.compareOf(title)}>
          {words.compare}
        </a>
        <button type="button" class="bare" aria-label={words.edit(title)} onClick={() => (edited.value = collection)}>
          <Icon name="edit" />
        </button>
        <button
          type="button"
          class="bare"
          aria-label={words.delete(title)}
          onClick={(event) => {
            focusBeside(event.currentTarget, () => document.querySelector("h1"));
            deleted.value = collection;
          }}
        >
          <Icon name="trash" />
        </button>
      </span>
    </li>
  );
}

function Deletion({ collection: { id, title }, onClose }: { collection: Collection; onClose: () => void }) {
  const { collections, changes } = useStores();
  const remove = async () => {
    try {
      await collections.remove(id);
      changes.announce();
    } catch (error) {
      toast(words.notDeleted(reason(error)), { bad: true });
    }
  };
  return (
    <Confirm title={words.deleteTitle} action={words.deleteNow} onConfirm={() => void remove()} onClose={onClose}>
      <p dir="auto">
        <b>{title}</b>
      </p>
      <p>{words.deleteAbout}</p>
    </Confirm>
  );
}
