import { type ComponentChildren, render } from "preact";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Analysis } from "../api/client";
import { ApiError } from "../api/errors";
import { ErrorBoundary } from "../app/ErrorBoundary";
import sampleAnalysis from "../../../samples/interview.analysis.json";
import sampleWords from "../../../samples/interview.words.json";
import { exampleAnalysis, exampleTranscript } from "../example/build";
import { Changes } from "../lib/changes";
import { Scope } from "../lib/scope";
import { FakeService, interview, step } from "../stores/interview/fake";
import { InterviewContext, InterviewStore } from "../stores/interview/InterviewStore";
import { drawn } from "../ui/drawn";
import { standing } from "./Progress";
import { ScorecardPane } from "./ScorecardPane";

const transcript = exampleTranscript(sampleWords);
const analysis = (): Analysis => structuredClone(exampleAnalysis(sampleAnalysis, sampleWords, transcript));
const done = { ...interview().steps, analysis: step("done", { finished_at: "2026-01-01T00:00:00Z" }) };

let scope: Scope;
let fake: FakeService;
let store: InterviewStore;

beforeEach(() => {
  scope = new Scope();
  fake = new FakeService();
  store = new InterviewStore(scope, "a1", fake.service, new Changes(scope, null));
  document.body.innerHTML = "";
});
afterEach(() => {
  render(null, document.body);
  scope.dispose();
});

async function show(children: ComponentChildren, record = interview({ steps: done })) {
  store.start();
  fake.last("record").answer(record);
  render(<InterviewContext.Provider value={store}>{children}</InterviewContext.Provider>, document.body);
  await drawn();
}

const texts = (selector: string) => [...document.querySelectorAll(selector)].map((element) => element.textContent);

test("the scorecard has a number, a word and the quotes that were found", async () => {
  await show(<ScorecardPane />);
  fake.last("analysis").answer(analysis());
  await drawn();
  expect(texts(".card h3")).toEqual(["problem solving", "collaboration", "ownership", "learning", "communication"]);
  expect(texts(".card .rating")).toEqual(["4 Strong", "5 Outstanding", "4 Strong", "3 Solid"]);
  expect(texts(".unrated")).toEqual(["Not enough evidence"]);
  expect(document.querySelectorAll(".quote.unverified")).toHaveLength(0);
  expect(document.body.textContent).toContain("1 quote was left out: it wasn't found in the transcript.");
});

test("values of a newer service leave the scorecard readable", async () => {
  const newer = analysis();
  newer.competencies[0]!.evidence[0]!.status = "contradicted" as "verified";
  newer.competencies[1]!.status = "under_review" as "assessed";
  newer.competencies[1]!.rating = null;
  await show(<ScorecardPane />);
  fake.last("analysis").answer(newer);
  await drawn();
  expect(document.querySelector(".quote.contradicted [role=img]")?.getAttribute("aria-label")).toBe("Contradicted");
  expect(texts(".unrated")).toContain("Under review");
  expect(document.querySelectorAll(".card")).toHaveLength(5);
});

test("a part that cannot be read says so in its place, and is read again by a click", async () => {
  await show(<ScorecardPane />);
  fake.last("analysis").refuse(new ApiError({ status: 404, title: "Not found", detail: "no analysis" }));
  await drawn();
  expect(document.querySelector("[role=alert]")?.textContent).toContain("Couldn't load the analysis. no analysis");
  document.querySelector<HTMLButtonElement>("[role=alert] button")!.click();
  fake.last("analysis").answer(analysis());
  await drawn();
  expect(document.querySelector("[role=alert]")).toBeNull();
  expect(document.querySelectorAll(".card")).toHaveLength(5);
});

test("an earlier part stays when a newer one cannot be read", async () => {
  await show(<ScorecardPane />);
  fake.last("analysis").answer(analysis());
  await drawn();
  fake.sendStep("analysis", step("done", { finished_at: "2026-01-01T01:00:00Z" }));
  fake.last("analysis").refuse(new ApiError({ status: 503, title: "Not now" }));
  await drawn();
  expect(document.querySelector("[role=alert]")?.textContent).toContain("Couldn't load the newest analysis.");
  expect(document.querySelectorAll(".card")).toHaveLength(5);
});

test("an error of one part leaves the others, and can be retried", async () => {
  let isBroken = true;
  const Broken = () => {
    if (isBroken) throw new Error("a defect");
    return <p>mended</p>;
  };
  await show(
    <>
      <ErrorBoundary name="scorecard">
        <Broken />
      </ErrorBoundary>
      <p>beside</p>
    </>,
  );
  expect(document.querySelector("[role=alert]")?.textContent).toContain("Couldn't show the scorecard. a defect");
  expect(document.body.textContent).toContain("beside");
  isBroken = false;
  [...document.querySelectorAll("button")].at(-1)!.click();
  await drawn();
  expect(document.body.textContent).toContain("mended");
});

test("a step says what it waits for, why and until when", () => {
  vi.setSystemTime(new Date(2026, 0, 1, 12, 0));
  const until = new Date(2026, 0, 1, 12, 5).toISOString();
  const waiting = (reason: string, until: string | null, attempt = 1) =>
    standing(step("pending", { attempt, waiting: { reason: reason as "retry", until } }));
  expect(waiting("retry", until, 2)).toBe("waiting for another attempt (attempt 3), until 12:05 at the latest");
  expect(waiting("engine_busy", null)).toBe("waiting for other recordings");
  expect(waiting("quota_exhausted", until)).toBe("Quota exhausted, until 12:05 at the latest");
  expect(standing(step("pending"))).toBe("in queue");
  expect(standing(step("paused" as "pending"))).toBe("Paused");
  vi.useRealTimers();
});
