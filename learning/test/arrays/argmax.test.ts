/** argmaxRows against argmaxPlainly, and cases whose result is known. */
import { describe, expect, it } from 'vitest';
import { argmaxPlainly, argmaxRows } from '../../src/arrays/argmax.js';
import { mulberry32 } from '../../src/arrays/hashing.js';
import { HOSTILE_SHAPES, hostileNumbers, shifted } from '../hostile-numbers.js';

const { NaN: NAN, NEGATIVE_INFINITY: NOTHING } = Number;

/** Row lengths below and above the length from which argmaxRows calls the kernel. */
describe.each([7, 64, 101, 70_001])('argmaxRows of %d classes', (classes) => {
  const row = (changes: Readonly<Record<number, number>>, fill = 0) => {
    const values = new Float32Array(classes).fill(fill);
    for (const [at, value] of Object.entries(changes)) values[Number(at)] = value;
    return values;
  };

  it.each([
    ['the lowest of equal ones', row({ 3: 5, 5: 5 }), 3],
    ['the last', row({ [classes - 1]: 0.1 }), classes - 1],
    ['the first of a row of one value', row({}, -2), 0],
    ['no answer', row({}, NOTHING), -1],
    ['beside classes that are not known', row({ 6: -9 }, NOTHING), 6],
    ['not a NaN', row({ 2: NAN, 4: 1 }), 4],
    ['a NaN in the first place, which nothing exceeds', row({ 0: NAN, 4: 1 }), 0],
  ])('finds %s', (_, values, index) => {
    expect([...argmaxRows(values, 1, classes)]).toEqual([index]);
    expect([...argmaxPlainly(values, 1, classes)]).toEqual([index]);
  });

  it('agrees with argmaxPlainly on many rows', () => {
    const rows = Math.ceil(200_000 / classes);
    const values = Float32Array.from({ length: rows * classes }, (_, i) =>
      Math.round(40 * mulberry32(5, i)),
    );
    expect(argmaxRows(values, rows, classes)).toEqual(argmaxPlainly(values, rows, classes));
  });
});

it.each(HOSTILE_SHAPES)('argmaxRows is right on extremes, %d rows of %d', (rows, classes) => {
  for (let seed = 1; seed <= 5; seed++) {
    const values = shifted(hostileNumbers(seed, rows * classes, seed % 2 ? 'any' : 'finite'), seed);
    expect(argmaxRows(values, rows, classes)).toEqual(argmaxPlainly(values, rows, classes));
  }
});
