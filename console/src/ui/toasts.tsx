// Short messages at the bottom, with something to do about them.

import { signal } from "@preact/signals";

interface Toast {
  id: number;
  text: string;
  bad: boolean;
  action?: { label: string; run: () => void };
}

const SHOWN_MS = 6_000;
const toasts = signal<Toast[]>([]);
let last = 0;

/** Says something for a while; answers how to take it back. */
export function say(text: string, { bad = false, action }: Partial<Pick<Toast, "bad" | "action">> = {}): () => void {
  const id = ++last;
  const close = () => {
    toasts.value = toasts.value.filter((toast) => toast.id !== id);
  };
  toasts.value = [...toasts.value, { id, text, bad, action }];
  setTimeout(close, SHOWN_MS);
  return close;
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <p key={toast.id} class={toast.bad ? "toast bad" : "toast"}>
          {toast.text}
          {toast.action && (
            <button
              type="button"
              onClick={() => {
                toasts.value = toasts.value.filter((other) => other.id !== toast.id);
                toast.action?.run();
              }}
            >
              {toast.action.label}
            </button>
          )}
        </p>
      ))}
    </div>
  );
}

export const UNDO_MS = SHOWN_MS;
