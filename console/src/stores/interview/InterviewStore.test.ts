import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "../../api/errors";
import { Changes } from "../../lib/changes";
import { Scope } from "../../lib/scope";
import { FakeService, interview, note, step, words } from "./fake";
import { InterviewStore } from "./InterviewStore";

let scope: Scope;
let fake: FakeService;
let changes: Changes;
let store: InterviewStore;

const settle = () => vi.advanceTimersByTimeAsync(0);
const unavailable = () => new ApiError({ status: 503, title: "Not now" });

beforeEach(async () => {
  vi.useFakeTimers();
  scope = new Scope();
  fake = new FakeService();
  changes = new Changes(scope, null);
  store = new InterviewStore(scope, "a1", fake.service, changes);
});
afterEach(() => {
  scope.dispose();
  vi.useRealTimers();
});

async function started(record = interview()) {
  store.start();
  fake.last("record").answer(record);
  await settle();
}

test("nothing is requested before it starts", async () => {
  await settle();
  expect(fake.calls).toEqual([]);
});

test("a part that cannot be read is not requested with every event", async () => {
  await started();
  const done = step("done", { finished_at: "2026-01-01T00:01:00Z" });
  fake.sendStep("waveform", done);
  await settle();
  fake.last("peaks").refuse(unavailable());
  await settle();
  // Progress of another step comes, for a second and a half.
  for (let event = 0; event < 11; event += 1) {
    fake.sendStep("transcription", step("running", { progress: event }));
    await vi.advanceTimersByTimeAsync(130);
  }
  expect(fake.of("peaks")).toHaveLength(1);
  // The back-off reads it again.
  await vi.advanceTimersByTimeAsync(1_000);
  expect(fake.of("peaks")).toHaveLength(2);
  // Made again, it is read again.
  fake.sendStep("waveform", step("done", { finished_at: "2026-01-01T00:09:00Z" }));
  await settle();
  expect(fake.of("peaks")).toHaveLength(3);
});

test("notes that arrive late do not hide a note that was saved meanwhile", async () => {
  await started();
  const late = fake.last("notes");
  const saving = store.notes.add("ask about the list", 40_000, "note");
  await settle();
  fake.last("addNote").answer(note("1", 40_000));
  expect(await saving).toEqual({ ok: true });
  late.answer([]);
  await settle();
  expect(fake.of("notes")).toHaveLength(2);
  fake.last("notes").answer([note("1", 40_000)]);
  await settle();
  expect(store.notes.list.value?.map(({ id }) => id)).toEqual(["1"]);
});

test("a note whose answer was lost is requested with the same key", async () => {
  await started();
  const first = store.notes.add("once", null, "note");
  await settle();
  fake.last("addNote").refuse(unavailable());
  expect(await first).toMatchObject({ ok: false });
  void store.notes.add("once", null, "note");
  void store.notes.add("another", null, "note");
  await settle();
  const keys = fake.of("addNote").map(({ args }) => args[1]);
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});

test("an older record does not replace what was changed", async () => {
  await started();
  void store.record.refresh();
  const late = fake.last("record");
  const renaming = store.rename("Ada Lovelace");
  await settle();
  fake.last("change").answer(interview({ title: "Ada Lovelace", updated_at: "2026-01-01T00:02:00Z" }));
  await renaming;
  late.answer(interview({ title: "Ada", updated_at: "2026-01-01T00:01:00Z" }));
  await settle();
  expect(store.interview.value?.title).toBe("Ada Lovelace");
  fake.last("record").answer(interview({ title: "Ada", updated_at: "2026-01-01T00:01:00Z" }));
  await settle();
  expect(store.interview.value?.title).toBe("Ada Lovelace");
});

test("naming one speaker says nothing about the others", async () => {
  await started();
  void store.nameSpeaker(0, "Grace");
  void store.nameSpeaker(1, "");
  await settle();
  // One after the other, so that the later one wins.
  expect(fake.of("change")).toHaveLength(1);
  expect(fake.last("change").args).toEqual([{ speakers: { 0: { name: "Grace" } } }]);
  fake.last("change").answer(interview({ speakers: { 0: "Grace" } }));
  await settle();
  expect(fake.last("change").args).toEqual([{ speakers: { 1: { name: null } } }]);
});

test("the user's names come before the service's", async () => {
  await started(interview({ speakers: { 1: "Ada" }, steps: { ...interview().steps, transcription: step("done") } }));
  fake.last("transcript").answer(words);
  await settle();
  // The transcript came with the user's name: the service's own is not known.
  expect([...store.speakers.names.value.values()]).toEqual(["Speaker 1", "Ada"]);
  expect(store.speakers.roles.value.get(0)).toBe("interviewer");
  store.record.set(interview());
  expect(store.speakers.name(1)).toBe("Speaker 2");
  expect(store.speakers.name(null)).toBe("");
  expect(store.speakers.name(7)).toBe("Speaker 8");
});

test("an interview is followed until nothing more happens to it", async () => {
  await started();
  expect(fake.streams.size).toBe(1);
  for (const stream of fake.streams) stream.status({ status: "completed", usable: { ok: true, reasons: [] } });
  await settle();
  expect(fake.streams.size).toBe(0);
  expect(store.interview.value?.status).toBe("completed");
});

test("a status that the page does not know is followed", async () => {
  await started(interview({ status: "archiving" as "processing" }));
  expect(fake.streams.size).toBe(1);
});

test("a stream that ends is opened again, ever later", async () => {
  await started();
  const waits: number[] = [];
  for (let times = 0; times < 3; times += 1) {
    const reads = fake.of("record").length;
    for (const stream of [...fake.streams]) stream.ended(unavailable());
    await settle();
    expect(store.isConnected.value).toBe(false);
    const began = Date.now();
    while (fake.of("record").length === reads) await vi.advanceTimersByTimeAsync(500);
    waits.push(Date.now() - began);
    fake.last("record").answer(interview());
    await settle();
  }
  expect(waits).toEqual([2_000, 4_000, 8_000]);
  for (const stream of fake.streams) stream.connected();
  expect(store.isConnected.value).toBe(true);
});

test("an interview that is deleted elsewhere says so, and stays so", async () => {
  await started();
  for (const stream of [...fake.streams]) stream.ended(new ApiError({ status: 404 }));
  await vi.advanceTimersByTimeAsync(120_000);
  expect(store.failure.value?.status).toBe(404);
  expect(fake.of("record")).toHaveLength(1);
  expect(fake.streams.size).toBe(0);
});

test("what was never loaded says why, and is loaded by the back-off", async () => {
  store.start();
  fake.last("record").refuse(unavailable());
  await settle();
  expect(store.failure.value?.message).toBe("Not now");
  await vi.advanceTimersByTimeAsync(2_000);
  fake.last("record").answer(interview());
  await settle();
  expect(store.failure.value).toBeNull();
  expect(fake.streams.size).toBe(1);
});

test("after the end nothing is open, requested or listened to", async () => {
  await started();
  scope.dispose();
  expect(fake.streams.size).toBe(0);
  const before = fake.calls.length;
  document.dispatchEvent(new Event("visibilitychange"));
  dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(120_000);
  expect(fake.calls).toHaveLength(before);
});

test("another transcript has the analysis read again, which is out of date then", async () => {
  const at = (minute: number) => step("done", { finished_at: `2026-01-01T00:0${minute}:00Z` });
  const steps = { transcription: at(1), waveform: step("skipped"), analysis: at(2), report: step("failed") };
  await started(interview({ steps }));
  expect([fake.of("transcript"), fake.of("analysis")].map((calls) => calls.length)).toEqual([1, 1]);
  fake.last("analysis").answer({ summary: "" });
  await settle();
  fake.sendStep("transcription", at(5));
  await settle();
  expect([fake.of("transcript"), fake.of("analysis")].map((calls) => calls.length)).toEqual([2, 2]);
});
