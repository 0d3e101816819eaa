interface Props<V extends string | number> {
  label: string;
  options: readonly (readonly [V, string])[];
  value: V;
  onChoose: (value: V) => void;
  /** Whether the label is shown, or is for screen readers alone. */
  isLabelled?: boolean;
  class?: string;
}

/** One of a few. */
export function Choice<V extends string | number>({ label, options, value, onChoose, isLabelled, class: kind }: Props<V>) {
  return (
    <label class={isLabelled ? "field" : kind}>
      <span class={isLabelled ? undefined : "hidden"}>{label}</span>
      <select
        value={value}
        onChange={(event) => {
          const chosen = options[event.currentTarget.selectedIndex];
          if (chosen) onChoose(chosen[0]);
        }}
      >
        {options.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
