import { setMaxListeners } from 'node:events';

/**
 * Runs `work` for each item, a few at a time. After the first failure no further item begins.
 *
 * @param signal - once it aborts no further item begins; items under way end by themselves. Undefined: never.
 * @returns once all items that began have ended.
 * @throws the first failure, or the signal's reason if items are left.
 */
export async function inLanes<T>(
  items: Iterable<T>,
  laneCount: number,
  signal: AbortSignal | undefined,
  run: (item: T) => Promise<void>,
): Promise<void> {
  // Every lane may listen to the signal.
  if (signal !== undefined) setMaxListeners(0, signal);
  const rest = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    while (failures.length === 0) {
      const next = rest.next();
      if (next.done === true) return;
      try {
        signal?.throwIfAborted();
        await run(next.value);
      } catch (err) {
        failures.push(err);
      }
    }
  };
  await Promise.all(Array.from({ length: laneCount }, lane));
  if (failures.length > 0) throw failures[0];
}
