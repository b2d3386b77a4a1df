/** Two answers to one probe: logits against a bound worked out by hand, classes counted by hand. */
import { describe, expect, it } from 'vitest';
import { compareProbes } from '../../../src/health/replicas/probe-comparison.js';

const LOGITS = Float32Array.of(1, -2, 3, 0.5);

describe('logits', () => {
  it('have equal bits or not', () => {
    expect(compareProbes(LOGITS, LOGITS, false)).toMatchObject({
      equalBits: true,
      isTolerated: true,
    });
    expect(compareProbes(Float32Array.of(0), Float32Array.of(-0), false)).toMatchObject({
      equalBits: false,
      isTolerated: true,
    });
  });

  it('may differ by a hundredth of the greatest', () => {
    const compare = (last: number) => compareProbes(LOGITS, Float32Array.of(1, -2, 3, last), false);
    expect(compare(0.529)).toMatchObject({ equalBits: false, isTolerated: true });
    expect(compare(0.531).isTolerated).toBe(false);
    expect(compare(1.5).text).toBe('by up to 1.0, and 0.030 is tolerated');
  });

  it('may differ by a hundredth of 1 where all are small', () => {
    const compare = (value: number) =>
      compareProbes(Float32Array.of(0.1), Float32Array.of(value), false).isTolerated;
    expect([compare(0.109), compare(0.111)]).toEqual([true, false]);
  });
});

describe('classes', () => {
  const CLASSES = Float32Array.from({ length: 32 }, (_, row) => row % 10);
  const withOthers = (count: number) => CLASSES.map((value, row) => (row < count ? 900 : value));

  it('may differ in one row of sixteen, by whatever number', () => {
    const tolerated = [0, 2, 3].map((count) => compareProbes(CLASSES, withOthers(count), true));
    expect(tolerated.map(({ isTolerated }) => isTolerated)).toEqual([true, true, false]);
    expect(tolerated.map(({ equalBits }) => equalBits)).toEqual([true, false, false]);
    expect(tolerated[2]?.text).toBe('in 3 of 32 rows, and 2 are tolerated');
  });
});

it('answers of other lengths cannot be compared', () => {
  expect(() => compareProbes(LOGITS, LOGITS.subarray(1), false)).toThrow(RangeError);
});
