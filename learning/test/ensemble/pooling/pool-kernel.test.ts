/** The pool kernel against the plain functions and Math.exp, bit for bit. */
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../../src/arrays/hashing.js';
import { poolPlainly, poolWithShares } from '../../../src/ensemble/pooling/pool.js';
import { poolByKernel } from '../../../src/ensemble/pooling/pool-kernel.js';
import { openKernel } from '../../../src/kernels/index.js';
import { HOSTILE_SHAPES, haveSameBits, hostileNumbers, shifted } from '../../hostile-numbers.js';

const RULES = ['arithmetic', 'geometric'] as const;

function logitsOf(teacher: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => (mulberry32(teacher, i) - 0.5) * 40);
}

/** One share per teacher, or shares per row, some of which are 0. */
const SHARES = {
  'one a teacher': () => Float64Array.of(0.2, 0.5, 0.3),
  "each row's own": (rows: number) =>
    Float64Array.from({ length: 3 * rows }, (_, i) => (i % 5 === 0 ? 0 : mulberry32(4, i))),
};

describe.each(RULES)('pool kernel, rule %s', (rule) => {
  describe.each(Object.entries(SHARES))('shares: %s', (_, sharesOf) => {
    it.each([
      [40, 32],
      [9, 33],
      [700, 101],
      [30, 1002],
    ])('has the bits of the plain pool, %d rows of %d classes', (rows, classes) => {
      const logits = [1, 2, 3].map((teacher) => logitsOf(teacher, rows * classes));
      for (const temperature of [1, 4, 0.3, 3.3]) {
        const input = {
          rule,
          temperature,
          teacherLogits: logits,
          shares: sharesOf(rows),
          rowCount: rows,
          classCount: classes,
        };
        const [got, want] = [new Float32Array(rows * classes), new Float32Array(rows * classes)];
        expect(poolByKernel(input, got)).toBe(true);
        poolPlainly(input, want);
        // `toEqual` takes a second for arrays of this size.
        expect(Buffer.from(got.buffer).equals(Buffer.from(want.buffer))).toBe(true);
      }
    });
  });

  it.each(HOSTILE_SHAPES)('is bit-exact on extreme values, %d rows of %d', (rows, classes) => {
    const numbers = rows * classes;
    for (const temperature of [1, 0.05, 3.3, 1000]) {
      const input = {
        rule,
        temperature,
        teacherLogits: [
          hostileNumbers(1, numbers, 'finite'),
          shifted(hostileNumbers(2, numbers, 'half'), 1),
          hostileNumbers(3, numbers, 'any'),
        ],
        shares: Float64Array.of(0.5, 0.3, temperature === 1 ? 0.2 : 0),
        rowCount: rows,
        classCount: classes,
      };
      const [got, want] = [shifted(new Float32Array(numbers), 3), new Float32Array(numbers)];
      poolWithShares(input, got);
      poolPlainly(input, want);
      expect(haveSameBits(got, want)).toBe(true);
    }
  });

  it('agrees with the plain pool on classes of probability 0', () => {
    const [rows, classes] = [4, 50];
    const logits = [1, 2].map((teacher) => logitsOf(teacher, rows * classes));
    const [first, second] = logits as [Float32Array, Float32Array];
    first[3] = Number.NEGATIVE_INFINITY;
    // The teacher has no answer for this row, so its share there is 0.
    second.fill(Number.NEGATIVE_INFINITY, classes, 2 * classes);
    const shares = Float64Array.of(0.5, 0.5, 1, 0, 0.5, 0.5, 0.5, 0.5);
    const [got, want] = [new Float32Array(rows * classes), new Float32Array(rows * classes)];
    const input = {
      rule,
      temperature: 2,
      teacherLogits: logits,
      shares,
      rowCount: rows,
      classCount: classes,
    };
    poolWithShares(input, got);
    poolPlainly(input, want);
    expect(got).toEqual(want);
  });
});

it('poolByKernel declines float64 logits', () => {
  const logits = [Float64Array.from({ length: 100 }, (_, i) => i / 7)];
  const input = {
    rule: 'arithmetic',
    temperature: 1,
    teacherLogits: logits,
    shares: Float64Array.of(1),
    rowCount: 1,
    classCount: 100,
  } as const;
  expect(poolByKernel(input, new Float32Array(100))).toBe(false);
});

it('expInPlace has the bits of Math.exp', () => {
  const kernel = openKernel<{ expInPlace(values: number, count: number): void }>('pool');
  if (kernel === undefined) throw new Error('this machine has no SIMD');
  const edges = [0, -0, -1, -745.1332191019411, -745.13321910194122, -707, -708.5, -1e300];
  // Limits of fdlibm's cases, which compare the upper half of a number.
  const high = [0x3fd62e42, 0x3fd62e43, 0x3ff0a2b1, 0x3ff0a2b2, 0x3e2fffff, 0x3e300000, 0x40874910];
  const view = new DataView(new ArrayBuffer(8));
  for (const upper of high) {
    for (const lower of [0, 1, 0x8000_0000, 0xffff_ffff]) {
      view.setUint32(0, upper);
      view.setUint32(4, lower);
      edges.push(-view.getFloat64(0));
    }
  }
  edges.push(Number.NEGATIVE_INFINITY, Number.NaN);
  const ranges = [1e-17, 1e-8, 0.7, 1.5, 40, 760].flatMap((range, r) =>
    Array.from({ length: 20_000 }, (_, i) => -range * mulberry32(r, i)),
  );
  const values = [...edges, ...ranges];
  const { at, memory } = kernel.room(8 * values.length);
  const got = new Float64Array(memory, at[0], values.length);
  got.set(values);
  kernel.functions.expInPlace(at[0] as number, values.length);
  const wrong = values.filter((value, i) => !Object.is(got[i], Math.exp(value)));
  expect(wrong).toEqual([]);
});
