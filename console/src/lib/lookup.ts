// Values of the API, of which a newer service may know more than this page.

/** The entry of a table; undefined for a value that the page does not know. */
export function lookup<T>(table: Readonly<Record<string, T>>, value: string): T | undefined {
  return Object.hasOwn(table, value) ? table[value] : undefined;
}

/** The label of a value; a value that the page does not know is shown as it is. */
export function labelOf(labels: Readonly<Record<string, string>>, value: string): string {
  const label = lookup(labels, value);
  if (label !== undefined) return label;
  const words = value.replaceAll("_", " ").trim();
  return words ? words[0]!.toUpperCase() + words.slice(1) : "–";
}
