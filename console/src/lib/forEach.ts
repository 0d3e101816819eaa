/** How many requests are under way at once: the service has a limit for each user. */
const AT_ONCE = 4;

/** Does something with each of the items, a few at a time; in their order, but not one after
 * the other. */
export async function forEach<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const work = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await run(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
