import { afterEach, beforeEach, expect, test } from "vitest";
import { Scope } from "../lib/scope";
import { followLinks, hrefs, navigate, parseRoute, route, setMoment, setParams } from "./routes";

const parse = (path: string) => parseRoute(new URL(path, "http://127.0.0.1:8000"));

let scope: Scope;
beforeEach(() => {
  scope = new Scope();
  followLinks(scope);
});
afterEach(() => scope.dispose());

test("addresses are views and their state", () => {
  expect(parse("/app")).toMatchObject({ view: "list", find: "", status: "", collection: "", tag: "" });
  expect(parse("/app/?find=ada&status=failed")).toMatchObject({ view: "list", find: "ada", status: "failed" });
  expect(parse("/app/interviews/a1?pane=notes&t=1500&find=list")).toEqual({
    view: "interview",
    id: "a1",
    pane: "notes",
    find: "list",
    at: 1_500,
    visit: expect.any(Number),
  });
  for (const t of ["", "-4", "soon"]) expect(parse(`/app/interviews/a1?t=${t}`)).toMatchObject({ at: null });
  expect(parse("/app/rubrics")).toEqual({ view: "rubrics", edit: null, from: null });
  expect(parse(hrefs.rubric("r1"))).toMatchObject({ edit: "r1", from: null });
  expect(parse(hrefs.newRubric("empty"))).toMatchObject({ edit: null, from: "empty" });
  expect(parse("/app?collection=c1&tag=first+round&kind=other&from=2026-05-04&to=2026-05-06")).toMatchObject({
    collection: "c1",
    tag: "first round",
    kind: "other",
    from: "2026-05-04",
    to: "2026-05-06",
  });
  expect(parse("/app/collections")).toEqual({ view: "collections" });
  expect(parse("/app/collections/c1")).toEqual({ view: "collection", id: "c1" });
  expect(parse("/elsewhere").view).toBe("nowhere");
});

test("state of a view is kept in its address", () => {
  navigate("/app/interviews/a1?t=1500");
  const before = history.length;
  setParams({ pane: "notes" });
  setParams({ find: "the list" });
  setMoment("a1", 2_000.4);
  expect(location.pathname + location.search).toBe("/app/interviews/a1?t=2000&pane=notes&find=the+list");
  expect(history.length).toBe(before);
  // The view has been there already: it does not seek.
  expect(route.value).toMatchObject({ view: "interview", pane: "notes", find: "the list", at: 1_500 });
  setParams({ find: "" });
  setMoment("a1", 0);
  expect(location.search).toBe("?pane=notes");
});

test("the position of another interview is not written", () => {
  navigate("/app/interviews/b2");
  setMoment("a1", 2_000);
  expect(location.search).toBe("");
});

test("the way back to the list keeps its filter", () => {
  navigate("/app");
  setParams({ find: "ada", status: "failed" });
  navigate("/app/interviews/a1");
  expect(hrefs.list()).toBe("/app?find=ada&status=failed");
  navigate(hrefs.list());
  setParams({ find: "", status: "" });
  expect(hrefs.list()).toBe("/app");
});

test("a link to the same address is another visit", () => {
  navigate("/app/interviews/a1?t=1500");
  const visit = () => (route.value.view === "interview" ? route.value.visit : 0);
  const first = visit();
  setParams({ pane: "notes" });
  expect(visit()).toBe(first);
  navigate("/app/interviews/a1?t=1500");
  expect(visit()).not.toBe(first);
});
