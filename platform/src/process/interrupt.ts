/** Signals that ask a process to end: the first starts a shutdown, a later one ends the process at once. */
import { EXIT } from './exit-codes.js';

/** From a service manager, from Ctrl-C, and from a terminal that goes away. */
export const ENDING_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * `npm run` repeats Ctrl-C to a child that got it from the terminal already: within this time a second one is an echo.
 */
const ECHO_MS = 500;

/**
 * Calls `first` at the first of `signals`. A further one exits with 130, unless it is an echo of the first.
 *
 * @returns a function that stops listening.
 */
export function onInterrupt(
  signals: readonly NodeJS.Signals[],
  first: (signal: NodeJS.Signals) => void,
): () => void {
  let firstAtMs: number | undefined;
  const listener = (signal: NodeJS.Signals): void => {
    if (firstAtMs === undefined) {
      firstAtMs = performance.now();
      first(signal);
    } else if (performance.now() - firstAtMs >= ECHO_MS) process.exit(EXIT.interrupted);
  };
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}
