// Short messages at the bottom: to undo something, or about a failure out of view.

import { signal } from "@preact/signals";
import { typing } from "../lib/keys";
import type { Scope } from "../lib/scope";

export interface Toast {
  id: number;
  text: string;
  bad: boolean;
  action?: { label: string; run: () => void };
  /** Runs when the toast goes by itself. */
  after?: () => void;
  close: () => void;
}

const SHOWN_MS = 6_000;
/** The time to undo what concerns much at once. */
export const LONG_MS = 10_000;
/** How soon it is checked again whether a toast that was held may go. */
const HELD_MS = 1_000;
/** More failures than these are not shown at once. */
const MOST_BAD = 3;
export const toasts = signal<Toast[]>([]);
/** Whether the user's pointer or focus is on the toasts. */
export const held = signal(false);
let last = 0;

/** Shows a toast. Returns a function that dismisses it. A failure that is shown already
 * is shown once, and longer. */
export function toast(
  text: string,
  { bad = false, action, after, shownMs = SHOWN_MS }: Partial<Pick<Toast, "bad" | "action" | "after">> & { shownMs?: number } = {},
): () => void {
  const id = ++last;
  const close = () => {
    clearTimeout(timer);
    toasts.value = toasts.value.filter((toast) => toast.id !== id);
  };
  const expire = () => {
    if (held.value) {
      timer = setTimeout(expire, HELD_MS);
      return;
    }
    close();
    after?.();
  };
  let timer = setTimeout(expire, shownMs);
  if (bad) {
    for (const same of toasts.value.filter((toast) => toast.bad && toast.text === text)) same.close();
    for (const old of toasts.value.filter((toast) => toast.bad).slice(0, -(MOST_BAD - 1))) old.close();
  }
  toasts.value = [...toasts.value, { id, text, bad, ...(action && { action }), ...(after && { after }), close }];
  return close;
}

export function act({ action, close }: Toast): void {
  close();
  action?.run();
}

/** Undoes the newest deletion by Ctrl+Z, as long as that can be done. */
export function startUndo(scope: Scope): void {
  scope.listen<KeyboardEvent>(window, "keydown", (event) => {
    const wanted = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "z";
    if (!wanted || typing(event.target)) return;
    const newest = toasts.value.findLast(({ action, after }) => action && after);
    if (!newest) return;
    event.preventDefault();
    act(newest);
  });
}
