/** For calls that last: which of their parts, or of the signals that end them, comes first. */

/**
 * Runs the parts of a call until the first of them ends or a signal aborts, and throws what it threw, or the
 * signal's reason. What the others throw when the call is over is no news.
 */
export async function firstEnd(
  parts: readonly Promise<void>[],
  signals: readonly AbortSignal[],
): Promise<void> {
  for (const part of parts) part.catch(() => {});
  const over = new AbortController();
  // Signals outlive calls: what listens to them must not.
  const { signal: callOver } = over;
  const ended = new Promise<never>((_, reject) => {
    for (const signal of signals) {
      const end = (): void => reject(signal.reason);
      if (signal.aborted) end();
      else signal.addEventListener('abort', end, { once: true, signal: callOver });
    }
  });
  try {
    await Promise.race([...parts, ended]);
  } finally {
    over.abort();
  }
}
