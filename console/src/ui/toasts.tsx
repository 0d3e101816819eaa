// Short messages at the bottom, with something to do about them.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { typing } from "./keys";

interface Toast {
  id: number;
  text: string;
  bad: boolean;
  action?: { label: string; run: () => void };
  /** What is done when it goes by itself. */
  after?: () => void;
  close: () => void;
}

const SHOWN_MS = 6_000;
/** How soon it is looked again whether one that was held may go. */
const HELD_MS = 1_000;
const toasts = signal<Toast[]>([]);
let last = 0;

/** Whether the user's pointer or focus is on the toasts. */
function held(): boolean {
  return document.querySelector(".toasts")?.matches(":hover, :focus-within") ?? false;
}

/** Says something for a while; answers how to take it back. */
export function say(
  text: string,
  { bad = false, action, after }: Partial<Pick<Toast, "bad" | "action" | "after">> = {},
): () => void {
  const id = ++last;
  const close = () => {
    clearTimeout(timer);
    toasts.value = toasts.value.filter((toast) => toast.id !== id);
  };
  const expire = () => {
    if (held()) {
      timer = setTimeout(expire, HELD_MS);
      return;
    }
    close();
    after?.();
  };
  let timer = setTimeout(expire, SHOWN_MS);
  toasts.value = [...toasts.value, { id, text, bad, action, after, close }];
  return close;
}

function act({ action, close }: Toast): void {
  close();
  action?.run();
}

/** Takes back what was done last, as long as that can be done. */
function undo(event: KeyboardEvent): void {
  const wanted = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "z";
  if (!wanted || typing(event.target)) return;
  const newest = toasts.value.findLast(({ action, after }) => action && after);
  if (!newest) return;
  event.preventDefault();
  act(newest);
}

export function Toasts() {
  useEffect(() => {
    addEventListener("keydown", undo);
    return () => removeEventListener("keydown", undo);
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <p key={toast.id} class={toast.bad ? "toast bad" : "toast"}>
          {toast.text}
          {toast.action && (
            <button type="button" onClick={() => act(toast)}>
              {toast.action.label}
            </button>
          )}
        </p>
      ))}
    </div>
  );
}
