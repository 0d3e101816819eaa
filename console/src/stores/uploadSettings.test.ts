import { afterEach, expect, test } from "vitest";
import { DEFAULTS, interviewOf, storedSettings, tagsOf, termsOf, titleOf, UploadSettings } from "./uploadSettings";

afterEach(() => localStorage.clear());

test("the last settings are remembered", () => {
  const chosen = { ...DEFAULTS, kind: "journalism", language: "multi", speakers: 3, retentionDays: 30, keyTerms: "Ada,\nboat", rubric: "r1" } as const;
  new UploadSettings().use(chosen);
  expect(storedSettings()).toEqual(chosen);
  new UploadSettings().use(DEFAULTS);
  expect(new UploadSettings().current.value).toEqual(DEFAULTS);
});

test.each([
  ["kind", "podcast"],
  ["kind", "constructor"],
  ["channels", "toString"],
  ["language", "xx-unknown"],
  ["speakers", "0"],
  ["speakers", "2.5"],
  ["retention_days", "soon"],
  ["key_terms", "a".repeat(4_001)],
  ["rubric", "../r1"],
])("an outdated setting falls back: %s %j", (name, value) => {
  localStorage.setItem(`interviewlens:${name}`, value);
  expect(storedSettings()).toEqual(DEFAULTS);
});

test("what is not known is left to the service", () => {
  expect(interviewOf("Ada", DEFAULTS)).toEqual({ title: "Ada", kind: "job_interview", channels: "auto" });
  const known = { ...DEFAULTS, language: "de", speakers: 2, retentionDays: 7, keyTerms: "boat", rubric: "r1" };
  expect(interviewOf("Ada", known)).toMatchObject({
    language: "de",
    speakers_expected: 2,
    retention_days: 7,
    key_terms: ["boat"],
    rubric_id: "r1",
  });
});

test("names and terms stand on lines or between commas, each once", () => {
  expect(termsOf(" Ada Lovelace, boat\n\nKubernetes ,boat\r\n,")).toEqual(["Ada Lovelace", "boat", "Kubernetes"]);
  expect(termsOf("x".repeat(150))[0]).toHaveLength(100);
  expect(termsOf(Array.from({ length: 150 }, (_, at) => `term ${at}`).join(","))).toHaveLength(100);
});

test("tags stand between commas, each once whatever its case", () => {
  expect(tagsOf(" first  round, Remote,FIRST round,\n,iOS")).toEqual(["first round", "Remote", "iOS"]);
  expect(tagsOf(Array.from({ length: 30 }, (_, at) => `tag ${at}`).join(","))).toHaveLength(20);
  const grouped = { ...DEFAULTS, collection: "c1", tags: "remote" };
  expect(interviewOf("Ada", grouped)).toMatchObject({ collection_id: "c1", tags: ["remote"] });
});

test("a title is the file's name without its extension", () => {
  expect(["ada.flac", "v1.2 final.m4a", ".wav", "ada"].map(titleOf)).toEqual(["ada", "v1.2 final", ".wav", "ada"]);
});
