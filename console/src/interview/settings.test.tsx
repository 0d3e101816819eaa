import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Engines, Rubric } from "../api/client";
import { Changes } from "../lib/changes";
import { Scope } from "../lib/scope";
import { FakeService, interview, step } from "../stores/interview/fake";
import { InterviewContext, InterviewStore } from "../stores/interview/InterviewStore";
import { drawn } from "../ui/drawn";
import { RunAgain } from "./RunAgain";
import { changeOf, draftOf } from "./SettingsDialog";

const engine = (name: string, ...available: [string, string | null][]) => ({
  name,
  model: null,
  state: "ok" as const,
  fallback: null,
  check: null,
  available: available.map(([engine, model]) => ({ engine, model })),
});
const engines: Engines = {
  speech: engine("whisper", ["whisper", "base"], ["deepgram", "nova-3"], ["deepgram", "nova-2"]),
  language: engine("extractive", ["extractive", null]),
};
const rubric: Rubric = { id: "r1", version: 3, name: "Engineers", competencies: [], created_at: "", updated_at: "" };

vi.mock("../stores/rubrics", () => ({ readEngines: async () => engines, readRubrics: async () => [rubric] }));

let scope: Scope;
let service: FakeService;
let store: InterviewStore;
const done = interview({
  status: "completed",
  audio: { url: "a" } as never,
  steps: { transcription: step("done"), waveform: step("done"), analysis: step("done"), report: step("done") },
});

beforeEach(() => {
  document.body.innerHTML = "";
  scope = new Scope();
  service = new FakeService();
  store = new InterviewStore(scope, "a1", service.service, new Changes(scope), { pause() {} } as never);
  store.record.set(done);
});
afterEach(() => {
  render(null, document.body);
  scope.dispose();
});

async function shown(step: "transcription" | "analysis"): Promise<void> {
  // Effects run as well: what is read is there.
  await act(async () => {
    render(
      <InterviewContext.Provider value={store}>
        <RunAgain step={step} />
      </InterviewContext.Provider>,
      document.body,
    );
  });
  await drawn();
}

function choose(label: string, option: string): void {
  const field = [...document.querySelectorAll("label")].find((own) => own.querySelector("span")?.textContent === label)!;
  const select = field.querySelector("select")!;
  select.selectedIndex = [...select.options].findIndex(({ text }) => text === option);
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

async function run(): Promise<unknown> {
  document.querySelector<HTMLButtonElement>("button[type=submit]")!.form!.requestSubmit();
  await drawn();
  return service.last("run").args[0];
}

test("a transcript is made again in another language, by another engine and model", async () => {
  await shown("transcription");
  choose("Spoken language", "German");
  choose("Engine", "deepgram nova-2");
  await drawn();
  expect(await run()).toEqual({ step: "transcription", language: "de", engine: "deepgram", model: "nova-2" });
});

test("without another choice a run is by the active engine and the settings as they are", async () => {
  await shown("transcription");
  expect(await run()).toEqual({ step: "transcription" });
});

test("an analysis is made again by a stored rubric; one engine alone is no choice", async () => {
  await shown("analysis");
  expect([...document.querySelectorAll("label > span")].map(({ textContent }) => textContent)).toEqual(["Kind of conversation", "Rubric"]);
  choose("Kind of conversation", "User research");
  choose("Rubric", "Engineers (version 3)");
  await drawn();
  expect(await run()).toEqual({ step: "analysis", kind: "user_research", rubric_id: "r1" });
});

test("a run that is refused says why", async () => {
  await shown("analysis");
  await run();
  service.last("run").refuse(new Error("later"));
  await drawn();
  expect(document.querySelector("[role=alert]")?.textContent).toContain("Couldn't run it.");
});

test("only what was changed of the settings is sent", () => {
  const before = interview({ key_terms: ["Ada", "boat"], retention_days: 30 });
  const draft = draftOf(before);
  expect(changeOf(draft, before)).toEqual({});
  const comma = interview({ key_terms: ["Lovelace, Ada"] });
  expect(changeOf(draftOf(comma), comma)).toEqual({});
  expect(changeOf({ ...draft, title: " ", keyTerms: " Ada,boat" }, before)).toEqual({});
  expect(changeOf({ ...draft, title: "Bob", kind: "journalism", language: "de", keyTerms: "", retentionDays: null, speakers: 2, rubric: "r1" }, before)).toEqual({
    title: "Bob",
    kind: "journalism",
    language: "de",
    key_terms: [],
    retention_days: null,
    speakers_expected: 2,
    rubric_id: "r1",
  });
});
