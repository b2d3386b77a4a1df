/** The median rule against medians computed by hand. */
import { expect, test } from 'vitest';
import type { BatchAnswers } from '../../../src/ensemble/rules/combined.js';
import { median } from '../../../src/ensemble/rules/median.js';

const logs = (...probabilities: number[]) => Float64Array.from(probabilities, Math.log);

function pooled(
  teacherLogits: Float64Array[],
  teacherWeights: number[],
  more: Partial<BatchAnswers> & { temperature?: number } = {},
): number[] {
  const { temperature = 1, ...others } = more;
  const classCount = 3;
  const rowCount = (teacherLogits[0]?.length ?? 0) / classCount;
  const answers = { teacherLogits, teacherWeights, rowCount, classCount, ...others };
  const out = new Float64Array(rowCount * classCount);
  median
    .combined({ combine: 'median' }, { ...answers, pluginShares: () => out }, {})
    .probabilities(temperature, out);
  return [...out];
}

function expectClose(got: readonly number[], want: readonly number[]): void {
  expect(got).toHaveLength(want.length);
  for (const [i, p] of want.entries()) expect(got[i]).toBeCloseTo(p, 12);
}

const good = logs(0.7, 0.2, 0.1);
const fair = logs(0.6, 0.1, 0.3);
const astray = logs(0.001, 0.001, 0.998);

test('median is the same however far one of three teachers is off', () => {
  const all = [0.6, 0.1, 0.3];
  expectClose(pooled([good, fair, astray], [1, 1, 1]), all);
  expectClose(pooled([good, fair, logs(0.3, 0.05, 0.65)], [1, 1, 1]), all);
});

test('median is the mean of two teachers, and of the middle two where the weights split in half', () => {
  expectClose(pooled([good, fair], [1, 1]), [0.65, 0.15, 0.2]);
  const halves = pooled([good, fair, astray], [0.2, 0.1, 0.3]);
  const medians = [(0.001 + 0.6) / 2, (0.001 + 0.1) / 2, (0.3 + 0.998) / 2];
  expectClose(
    halves,
    medians.map((m) => m / medians.reduce((a, b) => a + b)),
  );
});

test('median counts weights and ignores a teacher of weight 0', () => {
  expectClose(pooled([good, fair, astray], [3, 1, 1]), [0.7, 0.2, 0.1]);
  expectClose(pooled([good, astray], [1, 0]), [0.7, 0.2, 0.1]);
});

test('median tempers each teacher before it pools', () => {
  const two = (a: Float64Array, b: Float64Array) => Float64Array.of(...a, ...b);
  const roots = [0.7, 0.2, 0.1].map(Math.sqrt);
  const tempered = roots.map((p) => p / roots.reduce((a, b) => a + b));
  const rows = pooled([two(good, fair), two(good, fair)], [1, 1], { temperature: 2 });
  expectClose(rows.slice(0, 3), tempered);
});

test('median takes each class from the teachers that know it, and gives 0 to a class no teacher knows', () => {
  const partial = Float64Array.of(Math.log(0.9), Math.log(0.1), Number.NEGATIVE_INFINITY);
  const row = pooled([good, partial], [1, 1], { knownClasses: [undefined, [0, 1]] });
  const medians = [0.8, 0.15, 0.1];
  expectClose(
    row,
    medians.map((m) => m / 1.05),
  );
  expectClose(pooled([partial], [1], { knownClasses: [[0, 1]] }), [0.9, 0.1, 0]);
  // The only teacher that knows the third class has weight 0. It still decides that class.
  expectClose(
    pooled([good, partial], [0, 1], { knownClasses: [undefined, [0, 1]] }),
    [0.9, 0.1, 0.1].map((p) => p / 1.1),
  );
});

test('median is the mean where each teacher is certain of another class', () => {
  const sure = [0, 1, 2].map((c) =>
    Float64Array.from({ length: 3 }, (_, i) => (i === c ? 2000 : 0)),
  );
  expectClose(pooled(sure, [4, 3, 3]), [0.4, 0.3, 0.3]);
});
