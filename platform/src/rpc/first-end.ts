/** For long-lived calls: waits for the first of their parts, or of the signals that end them. */
import { joinSignals } from '../pacing/index.js';

/**
 * Runs the parts of a call until the first of them ends or a signal aborts, and throws that part's error, or the
 * signal's reason. Errors of the other parts after that are ignored.
 */
export async function firstEnd(
  parts: readonly Promise<void>[],
  signals: readonly AbortSignal[],
): Promise<void> {
  for (const part of parts) part.catch(() => {});
  // Signals outlive calls.
  const { signal, letGo } = joinSignals(signals);
  const ended = new Promise<never>((_, reject) => {
    const end = (): void => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
  try {
    await Promise.race([...parts, ended]);
  } finally {
    letGo();
  }
}
