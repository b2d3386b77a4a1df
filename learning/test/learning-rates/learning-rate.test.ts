/** Rates of each schedule at the steps where the schedule changes. */
import { describe, expect, it } from 'vitest';
import { type LearningRateSettings, learningRate } from '../../src/learning-rates/index.js';

describe('learningRate', () => {
  it('is constant after a linear warm-up', () => {
    const settings: LearningRateSettings = { constant: { rate: 0.4, warmupSteps: 4 } };
    const rates = [0, 1, 2, 3, 4, 99].map((step) => learningRate(settings, step, 100));
    expect(rates).toEqual([0.1, 0.2, 0.30000000000000004, 0.4, 0.4, 0.4]);
  });

  it('drops by the factor at each of atSteps', () => {
    const settings: LearningRateSettings = {
      step: { initial: 1, factor: 0.5, atSteps: [10, 20], warmupSteps: 0 },
    };
    const rates = [0, 9, 10, 19, 20, 99].map((step) => learningRate(settings, step, 100));
    expect(rates).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25]);
  });

  it('falls along half a cosine to its final value', () => {
    const settings: LearningRateSettings = { cosine: { peak: 1, final: 0.2, warmupSteps: 10 } };
    const rate = (step: number) => learningRate(settings, step, 110);
    expect(rate(0)).toBeCloseTo(0.1);
    expect(rate(9)).toBe(1);
    expect(rate(10)).toBe(1);
    expect(rate(60)).toBeCloseTo(0.6);
    expect(rate(35)).toBeCloseTo(0.2 + 0.4 * (1 + Math.SQRT1_2));
    expect(rate(110)).toBeCloseTo(0.2);
  });

  it('stays in the warm-up where the warm-up is longer than the run', () => {
    const settings: LearningRateSettings = { cosine: { peak: 1, final: 0, warmupSteps: 10 } };
    expect(learningRate(settings, 4, 5)).toBe(0.5);
  });
});
