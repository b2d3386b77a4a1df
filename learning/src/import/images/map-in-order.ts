/**
 * Maps with at most `limit` calls at once; results come in the order of the items. One more item is read ahead. The
 * first failure ends the iteration.
 */
export async function* mapInOrder<Item, Result>(
  items: AsyncIterable<Item>,
  limit: number,
  map: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const pending: Promise<Result>[] = [];
  for await (const item of items) {
    const result = map(item);
    // The `await` below throws the failure. Without a handler until then, Node would end the process.
    result.catch(() => undefined);
    pending.push(result);
    if (pending.length >= limit) yield await (pending.shift() as Promise<Result>);
  }
  for (const result of pending) yield await result;
}
