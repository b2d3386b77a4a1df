/** Calls that the test holds open, and the order in which others begin. */
import { expect, it } from 'vitest';
import { Turns } from '../../src/pacing/index.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

it('Turns lets the next call begin as one ends, in the order in which they came', async () => {
  const turns = new Turns(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const calls = [0, 1, 2, 3].map((n) =>
    turns.take(() => {
      begun.push(n);
      return new Promise<number>((resolve) => ends.push(() => resolve(n)));
    }),
  );
  expect(begun).toEqual([0, 1]);
  ends[1]?.();
  await settled();
  // A new call must not begin before those that wait.
  const last = turns.take(async () => begun.push(4));
  expect(begun).toEqual([0, 1, 2]);
  ends[0]?.();
  ends[2]?.();
  await settled();
  ends[3]?.();
  expect(await Promise.all(calls)).toEqual([0, 1, 2, 3]);
  await last;
  expect(begun).toEqual([0, 1, 2, 3, 4]);
});

it('Turns gives the turn of a call that fails to the next call', async () => {
  const turns = new Turns(1);
  const failed = turns.take(() => Promise.reject(new Error('failed')));
  const next = turns.take(async () => 'next');
  await expect(failed).rejects.toThrow('failed');
  expect(await next).toBe('next');
  expect(await turns.take(async () => 'free')).toBe('free');
});
