// What the page is shown on; the style sheet has the same conditions.

import { signal } from "@preact/signals";
import type { Scope } from "../lib/scope";

/** Whether there is room for the panes beside the transcript. */
export const wide = signal(true);
/** Whether the page is being printed. */
export const printing = signal(false);

/** Whether the browser has a network. */
export const online = signal(true);

export function startMedia(scope: Scope): void {
  const look = () => (online.value = navigator.onLine);
  look();
  scope.listen(window, "online", look);
  scope.listen(window, "offline", look);
  for (const [state, query] of [
    [wide, "(min-width: 861px)"],
    [printing, "print"],
  ] as const) {
    const media = matchMedia(query);
    state.value = media.matches;
    scope.listen(media, "change", () => (state.value = media.matches));
  }
}
