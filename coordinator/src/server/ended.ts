/** For calls that last: their end as a promise. */

/** Rejects with the signal's reason once it aborts. Never resolves. */
export function endedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

/**
 * Runs the parts of a call until the first of them ends, and throws what it threw. What the others throw
 * when the call is over is no news.
 */
export async function firstEnd(parts: readonly Promise<void>[]): Promise<void> {
  for (const part of parts) part.catch(() => {});
  await Promise.race(parts);
}
