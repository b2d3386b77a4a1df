/**
 * The order must be a permutation for many sizes, and roughly uniform (counts against their expectation, within bounds
 * that chance cannot exceed). Recorded values are compared, since stored runs resume by them. Step plans are counted
 * by hand.
 */
import { describe, expect, it } from 'vitest';
import { batchSpan, orderedRows, stepPlan } from '../../src/orders/order.js';

const whole = (count: number, seed: number, epoch: number) => [
  ...orderedRows(count, { seed, epoch }, 0, count),
];

describe('stepPlan and batchSpan', () => {
  it('keep the last, shorter batch of each epoch', () => {
    const plan = stepPlan({ sampleCount: 10, batchSize: 4, epochs: 2 });
    expect(plan).toEqual({ sampleCount: 10, batchSize: 4, stepsPerEpoch: 3, stepCount: 6 });
    const spans = Array.from({ length: plan.stepCount }, (_, step) => batchSpan(plan, step));
    expect(spans.map((s) => [s.epoch, s.firstPosition, s.positionCount])).toEqual([
      [0, 0, 4],
      [0, 4, 4],
      [0, 8, 2],
      [1, 0, 4],
      [1, 4, 4],
      [1, 8, 2],
    ]);
  });

  it('may end within an epoch, and may have one batch per epoch', () => {
    expect(stepPlan({ sampleCount: 10, batchSize: 4, steps: 4 }).stepCount).toBe(4);
    const plan = stepPlan({ sampleCount: 3, batchSize: 4, steps: 2 });
    expect(batchSpan(plan, 1)).toEqual({ epoch: 1, firstPosition: 0, positionCount: 3 });
  });

  it.each([
    [{ sampleCount: 0, batchSize: 4, epochs: 1 }, /no sample to train on/],
    [{ sampleCount: 5, batchSize: 4 }, /either epochs or steps/],
    [{ sampleCount: 5, batchSize: 4, epochs: 1, steps: 1 }, /either epochs or steps/],
    [{ sampleCount: 5, batchSize: 0, epochs: 1 }, /batchSize must be a whole number > 0, got 0/],
    [{ sampleCount: 5, batchSize: 4, steps: 1.5 }, /steps must be a whole number > 0, got 1.5/],
  ])('refuse %j', (settings, message) => {
    expect(() => stepPlan(settings)).toThrow(message);
  });
});

describe('orderedRows', () => {
  it.each([1, 2, 3, 4, 5, 15, 16, 17, 200, 255, 256, 257, 1023, 1024, 1025, 7001, 65_537])(
    'visits each of %i rows once',
    (count) => {
      for (const seed of [0, 1, 0xffffffff]) {
        const sorted = whole(count, seed, 3).sort((a, b) => a - b);
        expect(sorted).toEqual(Array.from({ length: count }, (_, i) => i));
      }
    },
  );

  it('gives any part of an order', () => {
    const all = whole(1000, 5, 2);
    expect([...orderedRows(1000, { seed: 5, epoch: 2 }, 990, 10)]).toEqual(all.slice(990));
    expect([...orderedRows(1000, { seed: 5, epoch: 2 }, 128, 128)]).toEqual(all.slice(128, 256));
    expect([...orderedRows(1000, { seed: 5, epoch: 2 }, 1000, 0)]).toEqual([]);
  });

  it('is the split itself without an order', () => {
    expect([...orderedRows(10, undefined, 7, 3)]).toEqual([7, 8, 9]);
  });

  it('differs between seeds and epochs', () => {
    const orders = [0, 1, 2, 3].flatMap((seed) =>
      [0, 1, 2, 3].map((epoch) => whole(100, seed, epoch).join()),
    );
    expect(new Set(orders).size).toBe(16);
  });

  it('puts each row at each position about equally often, and separates neighbours', () => {
    const rows = 10;
    const orders = 10_000;
    const counts = new Uint32Array(rows * rows);
    let neighbours = 0;
    for (let seed = 0; seed < orders; seed++) {
      const order = whole(rows, seed, seed % 7);
      for (const [position, row] of order.entries()) {
        const cell = position * rows + row;
        counts[cell] = (counts[cell] as number) + 1;
        if (order[position + 1] === row + 1) neighbours++;
      }
    }
    // Each of 100 counts is 1,000 ± 30 (one σ); each order has (rows − 1)/rows = 0.9 pairs r, r + 1 on average.
    expect(Math.min(...counts)).toBeGreaterThan(820);
    expect(Math.max(...counts)).toBeLessThan(1180);
    expect(neighbours / orders).toBeGreaterThan(0.85);
    expect(neighbours / orders).toBeLessThan(0.95);
  });

  it('keeps its recorded values', () => {
    expect(whole(10, 1, 0)).toEqual([1, 6, 4, 9, 2, 3, 0, 7, 8, 5]);
    expect(whole(10, 1, 1)).toEqual([0, 6, 2, 3, 4, 5, 9, 1, 7, 8]);
    expect(whole(10, 2, 0)).toEqual([2, 8, 7, 4, 9, 3, 1, 0, 6, 5]);
    expect([...orderedRows(48_962, { seed: 1, epoch: 9 }, 48_955, 7)]).toEqual([
      45292, 8583, 30652, 20155, 40947, 29081, 21657,
    ]);
    const last = 0xffffffff;
    expect([...orderedRows(2 ** 32, { seed: last, epoch: last }, 2 ** 32 - 3, 3)]).toEqual([
      710484414, 2835881475, 4135351907,
    ]);
  });

  it.each([
    [10, 8, 3],
    [10, -1, 3],
    [10, 0.5, 3],
    [0, 0, 1],
  ])('refuses positions outside: %i rows, from %d, %i of them', (count, first, positions) => {
    const order = { seed: 1, epoch: 0 };
    expect(() => orderedRows(count, order, first, positions)).toThrow(/are not in an order of/);
  });
});
