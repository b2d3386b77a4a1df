/** Readings have times of the tests' own, in milliseconds since the start. */
import { expect, it } from 'vitest';
import { DataLoad } from '../../src/data-plane/data-load.js';

/** Notes readings of so many ms a second of work of the event loop and of all threads. */
function worked(load: DataLoad, seconds: number, loopMs: number, threadsMs: number, from = 0) {
  for (let s = from; s <= from + seconds; s++) {
    load.note({ atMs: 1000 * s, eventLoopMs: loopMs * s, threadsMs: threadsMs * s });
  }
}

it('DataLoad reports no load and no bottleneck before its second reading', () => {
  const load = new DataLoad(2);
  load.note({ atMs: 5, eventLoopMs: 4, threadsMs: 8 });
  expect(load.shares).toEqual({ eventLoop: 0, dataThreads: 0 });
  expect(load.bottleneck).toBeUndefined();
});

it.each([
  ['nothing', 500, 1000, undefined],
  ['the event loop', 950, 1000, 'event loop'],
  ['the data threads, all of them', 500, 1900, 'data threads'],
])('DataLoad names the bottleneck: %s', (_, loopMs, threadsMs, bottleneck) => {
  const load = new DataLoad(2);
  worked(load, 12, loopMs, threadsMs);
  expect(load.shares.eventLoop).toBeCloseTo(loopMs / 1000, 9);
  expect(load.shares.dataThreads).toBeCloseTo(threadsMs / 2000, 9);
  expect(load.bottleneck).toBe(bottleneck);
});

it('DataLoad forgets work of more than ten seconds ago', () => {
  const load = new DataLoad(1);
  load.note({ atMs: 0, eventLoopMs: 0, threadsMs: 0 });
  // Busy for a minute, then idle.
  load.note({ atMs: 60_000, eventLoopMs: 60_000, threadsMs: 0 });
  expect(load.bottleneck).toBe('event loop');
  for (let s = 61; s <= 70; s++) {
    load.note({ atMs: 1000 * s, eventLoopMs: 60_000, threadsMs: 0 });
  }
  expect(load.shares.eventLoop).toBe(0);
});

it('DataLoad reports no negative work when the total falls because a thread died', () => {
  const load = new DataLoad(2);
  load.note({ atMs: 0, eventLoopMs: 0, threadsMs: 9000 });
  load.note({ atMs: 1000, eventLoopMs: 500, threadsMs: 100 });
  expect(load.shares).toEqual({ eventLoop: 0.5, dataThreads: 0 });
});
