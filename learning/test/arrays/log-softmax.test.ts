/** The softmax kernel against the plain function, and the kernel's exponentials against Math.exp, bit for bit. */
import { expect, it } from 'vitest';
import {
  logSoftmaxRow,
  logSoftmaxRowPlainly,
  logSoftmaxRows,
} from '../../src/arrays/log-softmax.js';
import { exponentials } from '../../src/arrays/log-softmax-kernel.js';
import { HOSTILE_SHAPES, haveSameBits, hostileNumbers, shifted } from '../hostile-numbers.js';

it.each(HOSTILE_SHAPES)('the softmax kernel is bit-exact, %d rows of %d', (rows, classes) => {
  const numbers = rows * classes;
  for (const [seed, temperature] of [1, 4, 0.3, 1000].entries()) {
    const kinds = ['half', 'finite', 'any'] as const;
    for (const kind of kinds) {
      const logits = shifted(hostileNumbers(seed, numbers, kind), 1);
      const byRow = (write: typeof logSoftmaxRow) => {
        const out = new Float64Array(numbers);
        for (let row = 0; row < rows; row++) {
          write(logits, row * classes, classes, temperature, out, row * classes);
        }
        return out;
      };
      const want = byRow(logSoftmaxRowPlainly);
      expect(haveSameBits(logSoftmaxRows(logits, rows, classes, temperature), want)).toBe(true);
      expect(haveSameBits(byRow(logSoftmaxRow), want)).toBe(true);
    }
  }
});

it.each([0, 1, 2, 65_535, 65_536, 65_537])('exponentials is bit-exact for %d values', (count) => {
  const values = Float64Array.from(hostileNumbers(9, count, 'any'), (x) => -Math.abs(x));
  expect(haveSameBits(exponentials(values), values.map(Math.exp))).toBe(true);
});
