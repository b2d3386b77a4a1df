/** What one call told: not yet, its facts, or why it failed. */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Problem } from '../../api/index.js';
import { CallError, getFacts } from './calls.js';

export type Told<T> =
  | { readonly is: 'loading' }
  | { readonly is: 'here'; readonly facts: T }
  | { readonly is: 'failed'; readonly problem: Problem };

export interface Resource<T> {
  readonly told: ReadonlySignal<Told<T>>;
  /** Asks, or asks again. What is there stays until there is something else. */
  readonly ask: (address: string) => void;
  /** As the stream or a change told it. */
  readonly set: (facts: T) => void;
  readonly fail: (problem: Problem) => void;
  readonly close: () => void;
}

export function openResource<T>(): Resource<T> {
  const told = signal<Told<T>>({ is: 'loading' });
  let asking = new AbortController();
  return {
    told,
    ask: (address) => {
      asking.abort();
      asking = new AbortController();
      const { signal } = asking;
      getFacts<T>(address, signal).then(
        (facts) => {
          if (!signal.aborted) told.value = { is: 'here', facts };
        },
        (error: unknown) => {
          if (!signal.aborted) told.value = { is: 'failed', problem: problemIn(error) };
        },
      );
    },
    set: (facts) => {
      told.value = { is: 'here', facts };
    },
    fail: (problem) => {
      asking.abort();
      told.value = { is: 'failed', problem };
    },
    close: () => asking.abort(),
  };
}

export function problemIn(error: unknown): Problem {
  return error instanceof CallError
    ? error.problem
    : { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}
