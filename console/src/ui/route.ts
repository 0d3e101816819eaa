// Where the page is: the list at `/app`, an interview at `/app/interviews/{id}`.

import { signal } from "@preact/signals";

export type Route = { view: "list" } | { view: "interview"; id: string; at: number | null } | { view: "nowhere" };

function parse(url: URL): Route {
  if (/^\/app\/?$/.test(url.pathname)) return { view: "list" };
  const id = url.pathname.match(/^\/app\/interviews\/([^/]+)$/)?.[1];
  if (!id) return { view: "nowhere" };
  const at = Number(url.searchParams.get("t") ?? NaN);
  return { view: "interview", id, at: Number.isFinite(at) && at >= 0 ? at : null };
}

export const route = signal<Route>(parse(new URL(location.href)));

export const hrefs = {
  list: "/app",
  interview: (id: string) => `/app/interviews/${id}`,
  /** A moment of an interview, in milliseconds. */
  moment: (id: string, at: number) => `/app/interviews/${id}?t=${Math.round(at)}`,
};

/** Whether this view was come to from another one of the page. */
let moved = false;

export function navigate(href: string): void {
  history.pushState(null, "", href);
  move();
  scrollTo(0, 0);
}

function move(): void {
  moved = true;
  route.value = parse(new URL(location.href));
}

/** Where a view begins that was come to by what is gone with the view before it: keyboard
 * and screen reader go on at its heading. */
export function arrive(): void {
  const lost = document.activeElement === document.body || document.activeElement === null;
  if (moved && lost) document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
}

/** Follows links within the page without loading it again. */
export function followLinks(): void {
  addEventListener("popstate", move);
  addEventListener("click", (event) => {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const link = (event.target as Element).closest?.("a");
    if (!plain || event.defaultPrevented || !link || link.target || link.hasAttribute("download")) return;
    const url = new URL(link.href);
    // A place on the page is the browser's to go to.
    if (url.hash || url.origin !== location.origin || parse(url).view === "nowhere") return;
    event.preventDefault();
    navigate(link.href);
  });
}
