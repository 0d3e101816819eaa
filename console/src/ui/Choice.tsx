interface Props<V extends string | number> {
  /** For screen readers: what is chosen shows by itself. */
  label: string;
  options: readonly (readonly [V, string])[];
  value: V;
  onChoose: (value: V) => void;
  class?: string;
}

/** One of a few. */
export function Choice<V extends string | number>({ label, options, value, onChoose, class: kind }: Props<V>) {
  return (
    <label class={kind}>
      <span class="hidden">{label}</span>
      <select value={value} onChange={(event) => onChoose(options[event.currentTarget.selectedIndex]![0])}>
        {options.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
