/** Two answers to one probe: bounds of logits worked out by hand, classes counted by hand. */
import { describe, expect, it } from 'vitest';
import { compareProbes } from '../../../src/health/replicas/probe-comparison.js';

const LOGITS = Float32Array.of(1, -2, 3, 0.5);

describe('compareProbes of logits', () => {
  it('tells 0 from -0, and tolerates the difference', () => {
    expect(compareProbes(LOGITS, LOGITS, false)).toMatchObject({
      equalBits: true,
      isTolerated: true,
    });
    expect(compareProbes(Float32Array.of(0), Float32Array.of(-0), false)).toMatchObject({
      equalBits: false,
      isTolerated: true,
    });
  });

  it('tolerates a difference of a hundredth of the greatest logit', () => {
    const compare = (last: number) => compareProbes(LOGITS, Float32Array.of(1, -2, 3, last), false);
    expect(compare(0.529)).toMatchObject({ equalBits: false, isTolerated: true });
    expect(compare(0.531).isTolerated).toBe(false);
    expect(compare(1.5).text).toBe('by up to 1.0, and 0.030 is tolerated');
  });

  it('tolerates a difference of 0.01 where all logits are below 1', () => {
    const compare = (value: number) =>
      compareProbes(Float32Array.of(0.1), Float32Array.of(value), false).isTolerated;
    expect([compare(0.109), compare(0.111)]).toEqual([true, false]);
  });
});

describe('compareProbes of classes', () => {
  const CLASSES = Float32Array.from({ length: 32 }, (_, row) => row % 10);
  const withOthers = (count: number) => CLASSES.map((value, row) => (row < count ? 900 : value));

  it('tolerates other classes in one row of sixteen', () => {
    const tolerated = [0, 2, 3].map((count) => compareProbes(CLASSES, withOthers(count), true));
    expect(tolerated.map(({ isTolerated }) => isTolerated)).toEqual([true, true, false]);
    expect(tolerated.map(({ equalBits }) => equalBits)).toEqual([true, false, false]);
    expect(tolerated[2]?.text).toBe('in 3 of 32 rows, and 2 are tolerated');
  });
});

it('compareProbes refuses answers of different lengths', () => {
  expect(() => compareProbes(LOGITS, LOGITS.subarray(1), false)).toThrow(RangeError);
});
