/** Keys, and what each does. */
export function KeyList({ keys }: { keys: [string[], string][] }) {
  return (
    <dl class="keys">
      {keys.map(([keys, does]) => (
        <div key={does}>
          <dt>
            {keys.map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
  );
}
