/**
 * The load that one coordinator could carry, computed from the time of each stage. Pure.
 *
 * Assumptions: on each core the stages take as long as they took here. The event loop and each data thread have a
 * core of their own. Garbage, sessions and NATS's messages take {@link REST} of the loop. The network and the disk
 * are no limit.
 */
import { TEACHER_COUNT } from './frames.js';
import type { Replayed } from './replay.js';
import type { Stages } from './stages.js';

/** Stages of the event loop. `write` counts as a whole, though a helper thread does the system's part. */
const LOOP_STAGES = ['receive', 'write', 'read', 'frame', 'send'];
const THREAD_STAGES = ['check and encode', 'decode, pool and compare together'];

/** Share of the event loop that is left to other work. */
const REST = 0.2;

/** Greatest number of data threads that `serve --data-threads` chooses by itself. */
const THREADS_MAX = 4;

/** @returns samples a second for which three teachers' answers are combined. */
export function carriedSamples(stages: Stages, classCount: number, cores: number): number {
  const nsOf = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + (stages[name] ?? Number.NaN), 0);
  const threads = Math.max(1, Math.min(THREADS_MAX, cores - 1));
  const nsPerValue = Math.max(nsOf(LOOP_STAGES) / (1 - REST), nsOf(THREAD_STAGES) / threads);
  return 1e9 / (nsPerValue * TEACHER_COUNT * classCount);
}

/**
 * The speed with two data threads ÷ with one, if the event loop and each data thread have a core of their own: the
 * slower of loop and threads sets the pace.
 *
 * @param replay - figures with one data thread.
 */
export function gainOfSecondThread({
  loopNsPerValue: loop,
  threadsNsPerValue: thread,
}: Pick<Replayed, 'loopNsPerValue' | 'threadsNsPerValue'>): number {
  return Math.max(loop, thread) / Math.max(loop, thread / 2);
}
