import { setMaxListeners } from 'node:events';

/**
 * Runs something for each item, some at a time. After the first failure nothing more begins.
 *
 * @param signal - once it aborts nothing more begins; what has begun ends by itself.
 * @returns once all that began have ended.
 * @throws the first failure, or the signal's reason if items are left.
 */
export async function inLanes<T>(
  items: Iterable<T>,
  laneCount: number,
  signal: AbortSignal,
  run: (item: T) => Promise<void>,
): Promise<void> {
  // Every lane may wait for it.
  setMaxListeners(0, signal);
  const rest = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    while (failures.length === 0) {
      const next = rest.next();
      if (next.done === true) return;
      try {
        signal.throwIfAborted();
        await run(next.value);
      } catch (err) {
        failures.push(err);
      }
    }
  };
  await Promise.all(Array.from({ length: laneCount }, lane));
  if (failures.length > 0) throw failures[0];
}
