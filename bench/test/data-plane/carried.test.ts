/** Expected values by hand: the stages of the event loop take 5 ns, those of the threads 12 ns. */
import { expect, it } from 'vitest';
import { carriedSamples, gainOfSecondThread } from '../../src/data-plane/carried.js';

const STAGES = {
  ...{ receive: 2, write: 1, read: 0.5, frame: 0.5, send: 1 },
  ...{ 'check and encode': 2, 'decode, pool and compare together': 10 },
};

it.each([
  ['a thread on two cores', 2, 1e9 / (12 * 3 * 1000)],
  ['two threads on three cores', 3, 1e9 / (6.25 * 3 * 1000)],
  ['the event loop from four cores on', 4, 1e9 / (6.25 * 3 * 1000)],
])('carriedSamples is limited by %s', (_, cores, samples) => {
  expect(carriedSamples(STAGES, 1000, cores)).toBeCloseTo(samples, 6);
});

it.each([
  ['twice where the event loop is fast enough', { loopNsPerValue: 2, threadsNsPerValue: 8 }, 2],
  ['up to the event loop’s pace', { loopNsPerValue: 5, threadsNsPerValue: 8 }, 1.6],
  [
    'nothing where the event loop is the slower one',
    { loopNsPerValue: 9, threadsNsPerValue: 8 },
    1,
  ],
])('gainOfSecondThread: a second thread carries %s', (_, replay, gain) => {
  expect(gainOfSecondThread(replay)).toBe(gain);
});
