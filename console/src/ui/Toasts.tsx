import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { act, held, type Toast, toasts } from "./toasts";

/** The toasts. Failures are read out at once, the others when the reader is idle. */
export function Toasts() {
  const box = useRef<HTMLDivElement>(null);
  const hold = () => (held.value = box.current?.matches(":hover, :focus-within") ?? false);
  const bad = toasts.value.filter((toast) => toast.bad);
  const good = toasts.value.filter((toast) => !toast.bad);
  // A toast that leaves the page under the pointer sends no event.
  useSignalEffect(() => {
    if (!toasts.value.length) held.value = false;
  });
  return (
    <div
      ref={box}
      class="toasts"
      onMouseEnter={hold}
      onMouseLeave={hold}
      onFocusIn={hold}
      onFocusOut={() => requestAnimationFrame(hold)}
    >
      {bad.map((toast) => (
        <Row key={toast.id} toast={toast} />
      ))}
      <div role="status">
        {good.map((toast) => (
          <Row key={toast.id} toast={toast} />
        ))}
      </div>
    </div>
  );
}

function Row({ toast }: { toast: Toast }) {
  return (
    <p class={toast.bad ? "toast bad" : "toast"} role={toast.bad ? "alert" : undefined}>
      {toast.text}
      {toast.action && (
        <button type="button" onClick={() => act(toast)}>
          {toast.action.label}
        </button>
      )}
    </p>
  );
}
