import { expect, test } from "vitest";
import type { CollectionHighlight } from "../api/client";
import { ApiError } from "../api/errors";
import { Scope } from "../lib/scope";
import { CollectionHighlights } from "./collectionHighlights";

const item = (id: string) => ({ id }) as CollectionHighlight;

test("pages without items are read over, and the last one ends the list", async () => {
  const pages: Record<string, { items: CollectionHighlight[]; next_page_token: string | null }> = {
    "": { items: [], next_page_token: "1" },
    "1": { items: [item("a")], next_page_token: "2" },
    "2": { items: [item("b")], next_page_token: null },
  };
  const store = new CollectionHighlights(new Scope(), "c", async (_id, _tag, token) => pages[token ?? ""]!);
  await store.start();
  expect(store.items.value?.map(({ id }) => id)).toEqual(["a"]);
  expect(store.hasMore.value).toBe(true);
  await store.more();
  expect(store.items.value?.map(({ id }) => id)).toEqual(["a", "b"]);
  expect(store.hasMore.value).toBe(false);
});

test("the answer of an earlier tag is left out", async () => {
  const answers: ((ids: string[]) => void)[] = [];
  const read = () =>
    new Promise<{ items: CollectionHighlight[]; next_page_token: null }>((answer) =>
      answers.push((ids) => answer({ items: ids.map(item), next_page_token: null })),
    );
  const store = new CollectionHighlights(new Scope(), "c", read);
  const [first, second] = [store.start(), store.start("boats")];
  answers[1]!(["tagged"]);
  answers[0]!(["all"]);
  await Promise.all([first, second]);
  expect(store.items.value?.map(({ id }) => id)).toEqual(["tagged"]);
});

test("a failure is shown until they are read again", async () => {
  let isFailing = true;
  const store = new CollectionHighlights(new Scope(), "c", async () => {
    if (isFailing) throw new ApiError({ status: 400, detail: "Not now" });
    return { items: [item("a")], next_page_token: null };
  });
  await store.start();
  expect(store.failure.value).toContain("Not now");
  isFailing = false;
  await store.start();
  expect(store.failure.value).toBeNull();
  expect(store.items.value).toHaveLength(1);
});
