/** Logits with a known temperature, the slope of the loss at the result, and the bounds where there is no optimum. */
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../../src/arrays/hashing.js';
import { nll } from '../../../src/ensemble/metrics/metrics.js';
import { calibrate, fitTemperature } from '../../../src/ensemble/teachers/calibration.js';

const CLASSES = 3;
const ROWS = 90;
const logits = Float64Array.from({ length: ROWS * CLASSES }, (_, i) => 6 * mulberry32(3, i));
const labels = Int32Array.from({ length: ROWS }, (_, n) => Math.floor(CLASSES * mulberry32(4, n)));

describe('fitTemperature', () => {
  it('is exact for two classes with 3 of 4 right: v/T = ln 3', () => {
    const own = Float64Array.of(5, 0, 5, 0, 5, 0, 5, 0);
    expect(fitTemperature(own, Int32Array.of(0, 0, 0, 1), 2)).toBeCloseTo(5 / Math.log(3), 12);
  });

  it('scales with the logits, is 1 for calibrated logits, and is at the minimum of the NLL', () => {
    const right = labels.map((label, n) => (n % 3 === 0 ? label : bestOf(n)));
    const fitted = fitTemperature(logits, right, CLASSES);
    expect(
      fitTemperature(
        logits.map((v) => 3 * v),
        right,
        CLASSES,
      ),
    ).toBeCloseTo(3 * fitted, 10);
    expect(fitTemperature(calibrate(logits, fitted), right, CLASSES)).toBeCloseTo(1, 10);
    const least = nll(logits, right, CLASSES, fitted);
    expect(nll(logits, right, CLASSES, fitted * 1.001)).toBeGreaterThan(least);
    expect(nll(logits, right, CLASSES, fitted / 1.001)).toBeGreaterThan(least);
  });

  it('is at its bounds when all rows are right, or all wrong', () => {
    const own = Float64Array.of(900, 0, 0, 900);
    expect(fitTemperature(own, Int32Array.of(0, 1), 2)).toBe(0.05);
    expect(fitTemperature(own, Int32Array.of(1, 0), 2)).toBe(20);
    expect(fitTemperature(own, Int32Array.of(1, 0), 2, 0.5, 4)).toBe(4);
  });

  it('is 1 for equal logits', () => {
    expect(fitTemperature(Float64Array.of(2, 2), Int32Array.of(0), 2)).toBe(1);
  });

  it('ignores rows without a label, and refuses rows without any', () => {
    const own = Float64Array.of(5, 0, 5, 0, 5, 0, 5, 0, 0, 99);
    expect(fitTemperature(own, Int32Array.of(0, 0, 0, 1, -1), 2)).toBeCloseTo(5 / Math.log(3), 12);
    expect(() => fitTemperature(own, Int32Array.of(-1, -1), 2)).toThrow(/labelled samples/);
    expect(() => calibrate(own, 0)).toThrow(/> 0/);
  });
});

function bestOf(row: number): number {
  const own = [...logits.subarray(row * CLASSES, (row + 1) * CLASSES)];
  return own.indexOf(Math.max(...own));
}
