/** Against curves drawn by hand. */
import { expect, test } from 'vitest';
import { type LossPoint, lossCurve, withPoint } from '../../src/following/loss-curve.js';

const points = (...losses: number[]): LossPoint[] =>
  losses.map((loss, index) => ({ step: index * 10, loss }));

test('the lowest and the highest fill the blocks', () => {
  expect(lossCurve(points(8, 7, 6, 5, 4, 3, 2, 1), 8)).toBe('█▇▆▅▄▃▂▁');
  expect(lossCurve(points(1, 1, 1), 8)).toBe('▁▁▁');
});

test('more points than columns are averaged by their steps', () => {
  expect(lossCurve(points(4, 4, 4, 4, 2, 2, 0, 0), 4)).toBe('██▅▁');
  // Nothing was seen between 0 and 90.
  const sparse = [
    ...points(8),
    { step: 90, loss: 0 },
    { step: 95, loss: 0 },
    { step: 100, loss: 0 },
  ];
  expect(lossCurve(sparse, 4)).toBe('███▁');
});

test('a curve has two points at least', () => {
  expect(lossCurve([], 8)).toBe('');
  expect(lossCurve(points(1), 8)).toBe('');
});

test('points are bounded, and a step that comes again replaces what came after it', () => {
  let seen: LossPoint[] = [];
  for (let step = 1; step <= 100_000; step += 10) seen = withPoint(seen, { step, loss: 1 / step });
  expect(seen.length).toBeLessThanOrEqual(512);
  expect(seen[0]?.step).toBe(1);
  expect(seen.at(-1)?.step).toBe(99_991);
  expect(withPoint(points(3, 2, 1), { step: 10, loss: 9 })).toEqual([
    { step: 0, loss: 3 },
    { step: 10, loss: 9 },
  ]);
});
