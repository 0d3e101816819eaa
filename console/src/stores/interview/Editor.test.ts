import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "../../api/errors";
import { Resource } from "../../api/resource";
import { Scope } from "../../lib/scope";
import { type Columns, pack } from "../../model/transcript/columns";
import { rangeText } from "../../model/transcript/corrections";
import { Editor } from "./Editor";
import { FakeService } from "./fake";

function said(revision: number, text: string, ids?: string[]): Columns {
  const words = text.split(" ").map((text, at) => ({
    id: ids?.[at] ?? `w${at}`,
    text,
    start_ms: at * 10,
    end_ms: at * 10 + 5,
    speaker: 0,
    confidence: 1,
  }));
  const turns = [{ id: 0, speaker: 0, start_ms: 0 }];
  return pack({ revision, run_id: "r", duration_ms: 100, speakers: [{ id: 0, name: "Speaker 1", role: null }], turns, words, quality: null });
}

let scope: Scope;
let fake: FakeService;
let editor: Editor;
let transcript: Resource<Columns>;
const corrected = vi.fn();
const settle = () => new Promise((done) => setTimeout(done));
const stale = () => new ApiError({ status: 409, code: "stale_revision", title: "Stale" });
const selected = () => editor.range.value && rangeText(transcript.value!, editor.range.value);

beforeEach(async () => {
  corrected.mockReset();
  scope = new Scope();
  fake = new FakeService();
  transcript = new Resource<Columns>(scope, (signal) => fake.service.transcript(signal));
  editor = new Editor(fake.service, transcript, corrected);
  void transcript.refresh();
  fake.last("transcript").answer(said(4, "we use cube in netties here"));
  await settle();
});
afterEach(() => scope.dispose());

test("what was typed is sent with the revision that it was typed for", async () => {
  editor.selectRange({ first: 2, last: 4 });
  editor.begin("replace");
  expect(editor.draft.value?.text).toBe("cube in netties");
  editor.type(" Kubernetes ");
  // Another person corrects meanwhile, and this tab reads it.
  transcript.set(said(5, "We use cube in netties here"));
  const saving = editor.save();
  await settle();
  const operation = { op: "replace_words", from: "w2", to: "w4", text: "Kubernetes" };
  expect(fake.last("correct").args[0]).toEqual({ base_revision: 4, run_id: "r", operations: [operation] });
  fake.last("correct").answer(undefined);
  await settle();
  fake.last("transcript").answer(said(6, "We use Kubernetes here", ["w0", "w1", "r6w0", "w5"]));
  expect(await saving).toBe("saved");
  expect(selected()).toBe("Kubernetes");
  expect(editor.draft.value).toBeNull();
  expect(corrected).toHaveBeenCalledOnce();
});

test("what was overtaken is kept, and made on the newest words when the person wants it", async () => {
  editor.select(1);
  editor.begin("replace");
  editor.type("run");
  const saving = editor.save();
  await settle();
  fake.last("correct").refuse(stale());
  await settle();
  fake.last("transcript").answer(said(5, "we love cube in netties here"));
  expect(await saving).toBe("conflict");
  expect(editor.conflict.value?.text).toBe("run");
  expect(editor.draft.value?.text).toBe("run");
  expect(corrected).not.toHaveBeenCalled();
  expect(fake.of("correct")).toHaveLength(1);

  const again = editor.applyAgain();
  await settle();
  expect(fake.last("correct").args[0]).toMatchObject({ base_revision: 5, operations: [{ op: "replace_words", from: "w1", to: "w1", text: "run" }] });
  fake.last("correct").answer(undefined);
  await settle();
  fake.last("transcript").answer(said(6, "we run cube in netties here"));
  expect(await again).toBe("saved");
  expect(editor.conflict.value).toBeNull();
});

test("a text whose words are gone takes the place of those that are selected", async () => {
  editor.select(1);
  editor.begin("replace");
  editor.type("run");
  const saving = editor.save();
  await settle();
  fake.last("correct").refuse(stale());
  await settle();
  fake.last("transcript").answer(said(5, "we cube here", ["w0", "w2", "w5"]));
  await saving;
  expect(editor.canApplyAgain(editor.conflict.value!)).toBe(false);
  expect(await editor.applyAgain()).toBe("conflict");
  editor.select(1);
  void editor.applyAgain();
  await settle();
  expect(fake.last("correct").args[0]).toMatchObject({ base_revision: 5, operations: [{ from: "w2", to: "w2", text: "run" }] });
});

test("a failure says why and keeps what was typed", async () => {
  editor.select(0);
  editor.begin("insert");
  editor.type("all");
  const saving = editor.save();
  await settle();
  fake.last("correct").refuse(new ApiError({ status: 503, title: "Not now" }));
  expect(await saving).toBe("failed");
  expect(editor.failure.value).toContain("Not now");
  expect(editor.draft.value?.text).toBe("all");
});

test("the same text is not sent", async () => {
  editor.select(0);
  editor.begin("replace");
  expect(await editor.save()).toBe("saved");
  expect(editor.draft.value).toBeNull();
  expect(fake.of("correct")).toHaveLength(0);
});

test("everything is undone, up to what was recognised", async () => {
  const undoing = editor.undoAll();
  for (const revision of [5, 6]) {
    await settle();
    expect(fake.last("undo").args[0]).toEqual({ base_revision: revision - 1, run_id: "r" });
    fake.last("undo").answer(undefined);
    await settle();
    fake.last("transcript").answer(said(revision, "we use cube in netties here"));
  }
  await settle();
  fake.last("undo").refuse(new ApiError({ status: 409, code: "nothing_to_undo", title: "Nothing" }));
  await undoing;
  expect(editor.failure.value).toBe("");
  expect(editor.notice.value).toContain("All corrections undone");
});
