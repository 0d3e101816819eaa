import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

interface Props<K extends string> {
  label: string;
  tabs: readonly { key: K; name: ComponentChildren }[];
  selected: K;
  onSelect: (key: K) => void;
  /** The id of the panel of a tab. */
  panel: (key: K) => string;
}

/** Tabs with one stop for the Tab key; arrow keys, Home and End move among them. */
export function Tabs<K extends string>({ label, tabs, selected, onSelect, panel }: Props<K>) {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const at = tabs.findIndex(({ key }) => key === selected);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const index = (to + tabs.length) % tabs.length;
    onSelect(tabs[index]!.key);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[index]?.focus();
  };
  return (
    <div ref={list} class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {tabs.map(({ key, name }) => (
        <button
          key={key}
          type="button"
          role="tab"
          id={`tab-${key}`}
          aria-selected={key === selected}
          aria-controls={key === selected ? panel(key) : undefined}
          tabIndex={key === selected ? 0 : -1}
          onClick={() => onSelect(key)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
