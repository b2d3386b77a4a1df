/** Pools of teachers that do not answer for all classes, against sums taken by hand. */
import { describe, expect, it } from 'vitest';
import { poolPerClass } from '../../../src/ensemble/pooling/per-class-pool.js';

const log = (...probabilities: number[]) => Float64Array.from(probabilities, Math.log);

describe('poolPerClass', () => {
  it('pools a class over the teachers with weight for it, or over all teachers if none has weight', () => {
    const out = new Float64Array(3);
    poolPerClass(
      1,
      [log(0.7, 0.2, 0.1), log(0.1, 0.3, 0.6)],
      [
        [1, 0, 0],
        [0, 2, 0],
      ],
      1,
      3,
      out,
    );
    // 0.7, 0.3 and the mean 0.35, over 1.35.
    for (const [c, want] of [0.7, 0.3, 0.35].entries()) expect(out[c]).toBeCloseTo(want / 1.35, 12);
  });

  it('refuses a row that sums to 0, and missing class weights', () => {
    const out = new Float64Array(2);
    const sure = [log(1, 0), log(0, 1)];
    expect(() =>
      poolPerClass(
        1,
        sure,
        [
          [0, 1],
          [1, 0],
        ],
        1,
        2,
        out,
      ),
    ).toThrow(/sample 0/);
    expect(() => poolPerClass(1, sure, [[1, 1], [1]], 1, 2, out)).toThrow(/weight/);
    expect(() => poolPerClass(1, sure, [[1, 1]], 1, 2, out)).toThrow(/1 rows of class weights/);
  });
});
