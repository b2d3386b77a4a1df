/**
 * Pools against reference values (fixtures/combination.json), and against arithmetic that can be done by hand. Extreme
 * logits and probability 0 have cases of their own, since simple formulas fail there.
 */
import { describe, expect, it } from 'vitest';
import { logSoftmaxRows } from '../../../src/arrays/log-softmax.js';
import {
  PROBABILITY_FLOOR,
  pool,
  poolLogProbabilities,
  poolWithShares,
} from '../../../src/ensemble/pooling/pool.js';
import reference from './fixtures/combination.json' with { type: 'json' };

interface Case {
  readonly id: string;
  readonly input: {
    readonly teacherLogits?: number[][];
    readonly teacherProbs?: number[][];
    readonly weights: number[];
    readonly tau: number;
    readonly normaliseWeights?: boolean;
  };
  readonly expected: { readonly probs: number[] };
}

const RULES = ['arithmetic', 'geometric'] as const;

/** Logits of a case. Probabilities are given as logarithms, of which softmax makes them again. */
function logitsOf({ teacherLogits, teacherProbs = [] }: Case['input']): Float64Array[] {
  const rows = teacherLogits ?? teacherProbs.map((row) => row.map(Math.log));
  return rows.map((row) => Float64Array.from(row));
}

function pooled(
  rule: 'arithmetic' | 'geometric',
  temperature: number,
  teachers: number[][],
  weights: number[],
): number[] {
  const out = new Float64Array(teachers[0]?.length ?? 0);
  const logits = teachers.map((row) => Float64Array.from(row));
  pool(
    {
      rule,
      temperature,
      teacherLogits: logits,
      teacherWeights: weights,
      rowCount: 1,
      classCount: out.length,
    },
    out,
  );
  return [...out];
}

function expectClose(got: Iterable<number>, want: readonly number[], digits: number): void {
  const values = [...got];
  expect(values).toHaveLength(want.length);
  for (const [index, value] of want.entries()) expect(values[index]).toBeCloseTo(value, digits);
}

describe.each(RULES)('pool with the rule %s', (rule) => {
  it.each(reference[rule] as Case[])('gives the reference values: $id', (testCase) => {
    const { input, expected } = testCase;
    const logits = logitsOf(input);
    const classes = expected.probs.length;
    const out = new Float64Array(classes);
    if (input.normaliseWeights === false) {
      const shares = Float64Array.from(input.weights);
      poolWithShares(
        {
          rule,
          temperature: input.tau,
          teacherLogits: logits,
          shares,
          rowCount: 1,
          classCount: classes,
        },
        out,
      );
    } else {
      pool(
        {
          rule,
          temperature: input.tau,
          teacherLogits: logits,
          teacherWeights: input.weights,
          rowCount: 1,
          classCount: classes,
        },
        out,
      );
      const logs = new Float64Array(classes);
      poolLogProbabilities(
        {
          rule,
          temperature: input.tau,
          teacherLogits: logits,
          teacherWeights: input.weights,
          rowCount: 1,
          classCount: classes,
        },
        logs,
      );
      expectClose(logs.map(Math.exp), expected.probs, 14);
    }
    expectClose(out, expected.probs, 14);
  });

  it('gives the reference values for a float32 row inside a batch', () => {
    const [testCase] = reference[rule] as [Case];
    const { input, expected } = testCase;
    const classes = expected.probs.length;
    const logits = logitsOf(input).map((row) => {
      const batch = new Float32Array(3 * classes).fill(5);
      batch.set(row, classes);
      return batch;
    });
    const out = new Float32Array(3 * classes);
    pool(
      {
        rule,
        temperature: input.tau,
        teacherLogits: logits,
        teacherWeights: input.weights,
        rowCount: 3,
        classCount: classes,
      },
      out,
    );
    expectClose(out.subarray(classes, 2 * classes), expected.probs, 6);
    expectClose(out.subarray(0, classes), Array<number>(classes).fill(1 / classes), 6);
  });

  it('does not overflow on extreme logits, and its log-probabilities stay finite', () => {
    const teachers = [Float64Array.of(1e4, 0, -1e4), Float64Array.of(1e4, 0, -1e4)];
    const out = new Float32Array(3);
    pool(
      {
        rule,
        temperature: 1,
        teacherLogits: teachers,
        teacherWeights: [1, 1],
        rowCount: 1,
        classCount: 3,
      },
      out,
    );
    expect([...out]).toEqual([1, 0, 0]);
    const logs = new Float32Array(3);
    poolLogProbabilities(
      {
        rule,
        temperature: 1,
        teacherLogits: teachers,
        teacherWeights: [1, 1],
        rowCount: 1,
        classCount: 3,
      },
      logs,
    );
    expect([...logs]).toEqual([0, -1e4, -2e4]);
  });

  it('ignores the logits of a teacher of weight 0', () => {
    const broken = [Number.NaN, Number.NaN];
    expectClose(pooled(rule, 1, [[0, Math.log(3)], broken], [2, 0]), [0.25, 0.75], 14);
  });

  it.each([
    ['negative', [1, -1], /got -1/],
    ['not a number', [1, Number.NaN], /got NaN/],
    ['all 0', [0, 0], /sum > 0/],
    ['of another count than teachers', [1], /2 teachers' logits and 1 weights/],
  ])('refuses weights that are %s', (_, weights, message) => {
    expect(() =>
      pooled(
        rule,
        1,
        [
          [0, 1],
          [1, 0],
        ],
        weights,
      ),
    ).toThrow(message);
  });

  it('refuses logits that are too short, naming the teacher, and an output that is too short', () => {
    const long = new Float32Array(4);
    const short = new Float32Array(3);
    expect(() =>
      pool(
        {
          rule,
          temperature: 1,
          teacherLogits: [long, short],
          teacherWeights: [1, 1],
          rowCount: 2,
          classCount: 2,
        },
        long,
      ),
    ).toThrow(/teacher 1: want 4/);
    expect(() =>
      pool(
        {
          rule,
          temperature: 1,
          teacherLogits: [long, long],
          teacherWeights: [1, 1],
          rowCount: 2,
          classCount: 2,
        },
        short,
      ),
    ).toThrow(/room for 4, got 3/);
  });
});

describe('pool with a class of probability 0', () => {
  const sure = [0, Number.NEGATIVE_INFINITY];
  const even = [0, 0];

  it('counts it as 0 in an arithmetic mean, at any temperature', () => {
    expectClose(pooled('arithmetic', 3, [sure, even], [1, 1]), [0.75, 0.25], 14);
  });

  it('gives log-probability -Infinity where all teachers give 0', () => {
    const out = new Float64Array(2);
    const teacherLogits = [Float64Array.from(sure), Float64Array.from(sure)];
    const settings = { rule: 'arithmetic', temperature: 1, rowCount: 1, classCount: 2 } as const;
    poolLogProbabilities({ ...settings, teacherLogits, teacherWeights: [1, 1] }, out);
    expect([...out]).toEqual([0, Number.NEGATIVE_INFINITY]);
  });

  it('counts it as the floor in a geometric mean, so that one teacher has no veto', () => {
    // The teachers' probabilities: (½, ½, 1e-8) and (⅓, ⅓, ⅓).
    const veto = [0, 0, Number.NEGATIVE_INFINITY];
    const ratio = Math.sqrt(PROBABILITY_FLOOR / 0.5);
    const want = [1, 1, ratio].map((value) => value / (2 + ratio));
    expectClose(pooled('geometric', 1, [veto, [0, 0, 0]], [1, 1]), want, 14);
    // Shifting a teacher's logits by a constant changes nothing.
    const shifted = [7, 7, Number.NEGATIVE_INFINITY];
    expectClose(pooled('geometric', 1, [shifted, [0, 0, 0]], [1, 1]), want, 14);
  });
});

describe('logSoftmaxRows', () => {
  it('tempers and normalises each row separately', () => {
    const logs = logSoftmaxRows(Float32Array.of(0, 0, 1e30, 0), 2, 2);
    expectClose(logs, [-Math.LN2, -Math.LN2, 0, -1e30].map(Math.fround), 6);
    const tempered = logSoftmaxRows(Float64Array.of(0, Math.log(9)), 1, 2, 2);
    expectClose(tempered.map(Math.exp), [0.25, 0.75], 14);
  });
});
