import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

interface Props {
  label: ComponentChildren;
  items: { key: string; name: string; run: () => void }[];
}

/** A button that opens a list of actions. It closes by Escape and when the focus leaves. */
export function Menu({ label, items }: Props) {
  const menu = useRef<HTMLDetailsElement>(null);
  const close = () => {
    if (menu.current) menu.current.open = false;
  };
  return (
    <details
      ref={menu}
      class="menu"
      onFocusOut={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node)) close();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !menu.current?.open) return;
        close();
        menu.current.querySelector("summary")?.focus();
      }}
    >
      <summary>{label}</summary>
      <ul>
        {items.map(({ key, name, run }) => (
          <li key={key}>
            <button
              type="button"
              onClick={() => {
                close();
                run();
              }}
            >
              {name}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}
