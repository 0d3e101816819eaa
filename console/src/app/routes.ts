// The address: which view is shown, and its state. The list is at `/app`, an interview
// at `/app/interviews/{id}`, the example at `/app/interviews/example`.

import { signal } from "@preact/signals";
import type { Scope } from "../lib/scope";

/** What the list is filtered by, beside its search and status; empty: by nothing. */
export interface ListFilters {
  collection: string;
  tag: string;
  kind: string;
  /** Days, as `2026-05-04`, both included. */
  from: string;
  to: string;
}

export type Route =
  | ({ view: "list"; find: string; status: string } & ListFilters)
  | { view: "collections" }
  | { view: "collection"; id: string }
  /** `at` is a moment of the recording in milliseconds; each navigation is another visit. */
  | { view: "interview"; id: string; pane: string | null; find: string; at: number | null; visit: number }
  /** `edit` is the id of a rubric, `from` a kind whose template a new one begins with, or `empty`. */
  | { view: "rubrics"; edit: string | null; from: string | null }
  | { view: "tokens" }
  | { view: "nowhere" };

/** The id of the example that comes with the page. */
export const EXAMPLE_ID = "example";

let visits = 0;

export function parseRoute(url: URL): Route {
  const params = url.searchParams;
  const of = (name: string) => params.get(name) ?? "";
  const find = of("find");
  if (/^\/app\/?$/.test(url.pathname)) {
    const [collection, tag, kind] = [of("collection"), of("tag"), of("kind")];
    return { view: "list", find, status: of("status"), collection, tag, kind, from: of("from"), to: of("to") };
  }
  if (/^\/app\/collections\/?$/.test(url.pathname)) return { view: "collections" };
  const collection = url.pathname.match(/^\/app\/collections\/([^/]+)$/)?.[1];
  if (collection) return { view: "collection", id: collection };
  if (url.pathname === "/app/rubrics") return { view: "rubrics", edit: params.get("edit"), from: params.get("new") };
  if (url.pathname === "/app/tokens") return { view: "tokens" };
  const id = url.pathname.match(/^\/app\/interviews\/([^/]+)$/)?.[1];
  if (!id) return { view: "nowhere" };
  const at = Number(params.get("t") || NaN);
  return {
    view: "interview",
    id,
    pane: params.get("pane"),
    find,
    at: Number.isFinite(at) && at >= 0 ? at : null,
    visit: ++visits,
  };
}

export const route = signal<Route>(parseRoute(new URL(location.href)));

/** The list as it was last filtered. */
let listHref = "/app";

export const hrefs = {
  list: () => listHref,
  collections: "/app/collections",
  tokens: "/app/tokens",
  /** The comparison of a collection's interviews. */
  collection: (id: string) => `/app/collections/${id}`,
  /** The interviews of a collection. */
  inCollection: (id: string) => `/app?collection=${encodeURIComponent(id)}`,
  interview: (id: string) => `/app/interviews/${id}`,
  rubrics: () => "/app/rubrics",
  rubric: (id: string) => `/app/rubrics?edit=${id}`,
  newRubric: (from: string) => `/app/rubrics?new=${from}`,
  example: `/app/interviews/${EXAMPLE_ID}`,
  /** A moment of an interview, in milliseconds. */
  moment: (id: string, at: number) => `/app/interviews/${id}?t=${Math.round(at)}`,
  /** What was found: a moment, words that are marked, and the pane that has them. */
  hit: (id: string, at: number | null | undefined, find: string, pane: string | null) => {
    const params = new URLSearchParams();
    if (at != null) params.set("t", String(at));
    if (find) params.set("find", find);
    if (pane) params.set("pane", pane);
    return `/app/interviews/${id}${params.size ? `?${params}` : ""}`;
  },
};

/** Whether this view was reached from another one of the page. */
let moved = false;

export function navigate(href: string): void {
  history.pushState(null, "", href);
  move();
  scrollTo(0, 0);
}

function move(): void {
  moved = true;
  route.value = parseRoute(new URL(location.href));
}

function replace(changes: Record<string, string | number | null>): URL {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, String(value));
  }
  history.replaceState(history.state, "", url);
  return url;
}

/** Keeps state of the view in the address, without an entry in the history. */
export function setParams(changes: { pane?: string | null; find?: string; status?: string } & Partial<ListFilters>): void {
  const url = replace(changes);
  const next = parseRoute(url);
  if (next.view === "list") listHref = url.pathname + url.search;
  const { value: before } = route;
  // It stays the same visit: nothing seeks.
  if (next.view === "interview" && before.view === "interview") {
    next.at = before.at;
    next.visit = before.visit;
  }
  route.value = next;
}

/** Keeps the position in the recording in the address; the view knows it already. */
export function setMoment(id: string, at: number): void {
  if (parseRoute(new URL(location.href)).view === "interview" && location.pathname === hrefs.interview(id)) {
    replace({ t: at > 0 ? Math.round(at) : null });
  }
}

/** Gives the focus to the heading of a view that was reached by a link that is gone with
 * the view before: keyboard and screen reader continue there. */
export function arrive(): void {
  const lost = document.activeElement === document.body || document.activeElement === null;
  if (moved && lost) document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
}

/** Follows links within the page without loading it again. */
export function followLinks(scope: Scope): void {
  const first = parseRoute(new URL(location.href));
  if (first.view === "list") listHref = location.pathname + location.search;
  scope.listen(window, "popstate", move);
  scope.listen<MouseEvent>(window, "click", (event) => {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const link = (event.target as Element).closest?.("a");
    if (!plain || event.defaultPrevented || !link || link.target || link.hasAttribute("download")) return;
    const url = new URL(link.href);
    // A place on the page is the browser's to go to.
    if (url.hash || url.origin !== location.origin || parseRoute(url).view === "nowhere") return;
    event.preventDefault();
    navigate(link.href);
  });
}
