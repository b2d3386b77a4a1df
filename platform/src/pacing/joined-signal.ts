import { setMaxListeners } from 'node:events';

/** A signal for a short time, made of others that may live for long. */
export interface JoinedSignal {
  /** Aborts with the first of its sources, with that one's reason. */
  readonly signal: AbortSignal;
  /** Ends the listening: the sources then keep nothing of this signal. */
  letGo(): void;
}

/**
 * Unlike `AbortSignal.any`, it can be let go: in Node 20 a source keeps something of each signal that `any` made of
 * it, and can hold 16 million.
 */
export function joinSignals(sources: readonly AbortSignal[]): JoinedSignal {
  const joined = new AbortController();
  const ends = sources.map((source) => ({ source, end: () => joined.abort(source.reason) }));
  for (const { source, end } of ends) {
    // Any number of signals may be made of it at a time.
    setMaxListeners(0, source);
    if (source.aborted) end();
    else source.addEventListener('abort', end, { once: true });
  }
  return {
    signal: joined.signal,
    letGo: () => {
      for (const { source, end } of ends) source.removeEventListener('abort', end);
    },
  };
}
