/** The result of a call that may be repeated: still loading, its facts, or its problem. */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Problem } from '../../api/index.js';
import { CallError, getFacts } from './calls.js';

export type Told<T> =
  | { readonly is: 'loading' }
  | { readonly is: 'here'; readonly facts: T }
  | { readonly is: 'failed'; readonly problem: Problem };

export interface Resource<T> {
  readonly told: ReadonlySignal<Told<T>>;
  /** Makes the call, or makes it again; the former result stays until the new one comes. */
  readonly ask: (address: string) => void;
  /** Whether a call is under way. Another `ask` would abort it, and only delay the answer. */
  readonly isAsking: () => boolean;
  /** Sets facts that came by the stream or by a change. */
  readonly set: (facts: T) => void;
  readonly fail: (problem: Problem) => void;
  readonly close: () => void;
}

export function openResource<T>(): Resource<T> {
  const told = signal<Told<T>>({ is: 'loading' });
  let asking = new AbortController();
  let isAsking = false;
  let asked: string | undefined;
  return {
    told,
    ask: (address) => {
      asking.abort();
      asking = new AbortController();
      isAsking = true;
      const { signal } = asking;
      const isAgain = address === asked;
      asked = address;
      const answered = (answer: Told<T>) => {
        if (signal.aborted) return;
        isAsking = false;
        // Shown facts stay while the server is away, or has a new address to open: the frame of the page says so.
        if (!(isAgain && told.value.is === 'here' && isAway(answer))) told.value = answer;
      };
      getFacts<T>(address, signal).then(
        (facts) => answered({ is: 'here', facts }),
        (error: unknown) => answered({ is: 'failed', problem: problemIn(error) }),
      );
    },
    isAsking: () => isAsking,
    set: (facts) => {
      told.value = { is: 'here', facts };
    },
    fail: (problem) => {
      asking.abort();
      isAsking = false;
      told.value = { is: 'failed', problem };
    },
    close: () => asking.abort(),
  };
}

function isAway(answer: Told<unknown>): boolean {
  return (
    answer.is === 'failed' && ['UNAVAILABLE', 'PERMISSION_DENIED'].includes(answer.problem.code)
  );
}

export function problemIn(error: unknown): Problem {
  return error instanceof CallError
    ? error.problem
    : { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}
