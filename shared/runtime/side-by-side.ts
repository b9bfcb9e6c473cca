/**
 * Does the work for all items, at most `atOnce` at a time, and gives the results in the order of the items. A failure is thrown when the
 * others are done: it must not take them along.
 */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Promise<Result>[] = [];
  const waiting = [...items.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, item] = next;
      const result = work(item);
      results[index] = result;
      await result.catch(() => undefined); // it is thrown below, when the others are done
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return Promise.all(results);
}
