/** For long-lived calls: waits for the first of their parts, or of the signals that end them. */

/**
 * Runs the parts of a call until the first of them ends or a signal aborts, and throws that part's error, or the
 * signal's reason. Errors of the other parts after that are ignored.
 */
export async function firstEnd(
  parts: readonly Promise<void>[],
  signals: readonly AbortSignal[],
): Promise<void> {
  for (const part of parts) part.catch(() => {});
  const over = new AbortController();
  // Signals outlive calls: listeners must be removed when the call ends.
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
