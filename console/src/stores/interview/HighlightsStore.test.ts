import { signal } from "@preact/signals";
import { expect, test } from "vitest";
import type { Highlight, NewHighlight } from "../../api/client";
import { ApiError } from "../../api/errors";
import { Scope } from "../../lib/scope";
import { type HighlightsService, HighlightsStore } from "./HighlightsStore";

const highlight = (id: string, start_ms: number): Highlight => ({
  id,
  run_id: "r",
  is_shown: true,
  state: "as_marked",
  from: "w0",
  to: "w1",
  text: id,
  marked_text: id,
  speaker: 0,
  speaker_name: "Ada",
  start_ms,
  end_ms: start_ms + 100,
  tags: [],
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
});

class Fake implements HighlightsService {
  stored: Highlight[] = [highlight("b", 200)];
  readonly keys: string[] = [];
  reads = 0;
  isFailing = false;

  async list() {
    this.reads += 1;
    return [...this.stored];
  }

  async add(_: NewHighlight, key: string) {
    this.keys.push(key);
    if (this.isFailing) throw new ApiError({ status: 503 });
    return highlight("a", 100);
  }

  async change(id: string, tags: string[]) {
    return { ...highlight(id, 200), tags };
  }

  async remove() {}
}

function setUp() {
  const [fake, transcript] = [new Fake(), signal<object | null>(null)];
  const store = new HighlightsStore(new Scope(), transcript, fake);
  return { fake, transcript, store };
}

const settled = () => new Promise((done) => setTimeout(done));
const ids = (store: HighlightsStore) => store.list.value?.map(({ id }) => id);

test("they are read with the transcript, and again when it changes", async () => {
  const { fake, transcript, store } = setUp();
  store.start();
  store.start();
  expect(fake.reads).toBe(0);
  transcript.value = {};
  await settled();
  expect(ids(store)).toEqual(["b"]);
  transcript.value = {};
  await settled();
  expect(fake.reads).toBe(2);
});

test("a highlight whose answer was lost is the same request", async () => {
  const { fake, transcript, store } = setUp();
  store.start();
  transcript.value = {};
  await settled();
  fake.isFailing = true;
  expect((await store.add({ from: "w0", to: "w1" })).ok).toBe(false);
  fake.isFailing = false;
  expect((await store.add({ from: "w0", to: "w1" })).ok).toBe(true);
  expect((await store.add({ from: "w0", to: "w1" })).ok).toBe(true);
  expect(fake.keys[1]).toBe(fake.keys[0]);
  expect(fake.keys[2]).not.toBe(fake.keys[0]);
  expect(ids(store)).toEqual(["a", "b"]);
});

test("tags are changed and highlights deleted", async () => {
  const { transcript, store } = setUp();
  store.start();
  transcript.value = {};
  await settled();
  await store.change(highlight("b", 200), ["boats"]);
  expect(store.list.value?.[0]?.tags).toEqual(["boats"]);
  await store.remove(highlight("b", 200));
  expect(ids(store)).toEqual([]);
});
