/** The language of the page. Numbers, dates and plurals follow it, not the browser's own. */
export const LOCALE = "en";

const rules = new Intl.PluralRules(LOCALE);
const integer = new Intl.NumberFormat(LOCALE);

/** `1 match`, `1,200 matches`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${integer.format(number)} ${rules.select(number) === "one" ? one : many}`;
}
