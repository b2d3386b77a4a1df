/** Every order of two validations. */
import { describe, expect, it } from 'vitest';
import { isBetter } from '../../../src/compute/training/selection.js';

const validation = (accuracy: number, nll: number) => ({ step: 1, accuracy, nll });

describe('isBetter', () => {
  it.each([
    { metric: 'nll', candidate: validation(0.5, 1), best: validation(0.9, 2), want: true },
    { metric: 'nll', candidate: validation(0.9, 2), best: validation(0.5, 1), want: false },
    { metric: 'accuracy', candidate: validation(0.9, 2), best: validation(0.5, 1), want: true },
    { metric: 'accuracy', candidate: validation(0.5, 1), best: validation(0.9, 2), want: false },
  ] as const)('$metric: $candidate over $best is $want', ({ metric, candidate, best, want }) => {
    expect(isBetter(metric, candidate, best)).toBe(want);
  });

  it('takes the first validation, and keeps the earlier of two equal ones', () => {
    const same = validation(0.5, 1);
    for (const metric of ['nll', 'accuracy'] as const) {
      expect(isBetter(metric, same, undefined)).toBe(true);
      expect(isBetter(metric, same, same)).toBe(false);
    }
  });
});
