/**
 * `examples/recompute.py` recomputes a report's figures with numpy, on random outputs of three splits in which some
 * labels are missing. Numpy is the machine's, or fetched by pip into the cache.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mulberry32 } from '@lyceum/learning/arrays';
import { certainLogits, withoutUnknown } from '@lyceum/learning/ensemble';
import { checkRunSpecification } from '@lyceum/learning/specification';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ended, type Python, pythonWith } from '../../../platform/test/support.js';
import { composePredictions } from '../../src/report/compose-predictions.js';
import { composeReport } from '../../src/report/compose-report.js';
import type { ReportInput, SplitLogits } from '../../src/report/report-input.js';
import { exampleInput } from './report-input-example.js';

const NUMPY = 'numpy>=1.24,<3';
const SCRIPT = fileURLToPath(new URL('../../../examples/recompute.py', import.meta.url));
const ROWS = { train: 500, validation: 120, test: 301 };
const CLASSES = 7;

let folder = '';
let numpy: Python;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recompute-'));
  numpy = await pythonWith('numpy', [NUMPY], 'numpy');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function recompute(input: ReportInput, change: (report: string) => string): Promise<Ended> {
  const [predictions, report] = [join(folder, 'predictions.npz'), join(folder, 'report.json')];
  await writeFile(predictions, composePredictions(input));
  await writeFile(report, change(JSON.stringify(composeReport(input))));
  return numpy.run([SCRIPT, predictions, report]);
}

function randomLogits(seed: number): SplitLogits {
  const logits = (rows: number, from: number) =>
    Float32Array.from({ length: rows * CLASSES }, (_, i) => 6 * mulberry32(seed, from + i) - 3);
  return {
    train: logits(ROWS.train, 0),
    validation: logits(ROWS.validation, 10_000),
    test: logits(ROWS.test, 20_000),
  };
}

/** Random final answers; every seventh sample has none. */
function randomAnswers(seed: number): SplitLogits {
  const answers = (rows: number, from: number) => {
    const classes = Int32Array.from({ length: rows }, (_, i) =>
      i % 7 === 6 ? -1 : Math.floor(CLASSES * mulberry32(seed, from + i)),
    );
    const out = new Float32Array(rows * CLASSES);
    certainLogits(classes, CLASSES, out);
    return out;
  };
  return {
    train: answers(ROWS.train, 0),
    validation: answers(ROWS.validation, 10_000),
    test: answers(ROWS.test, 20_000),
  };
}

/**
 * Every tenth sample has no label; the last class has no sample at all.
 *
 * @param known - classes that the second teacher knows; undefined: all.
 * @param blackCount - so many teachers, from the first, give classes alone.
 */
function randomInput(combine: string, known?: readonly number[], blackCount = 0): ReportInput {
  const input = exampleInput();
  const split = (rows: number) => ({
    sampleIds: Int32Array.from({ length: rows }, (_, i) => i),
    labels: Int32Array.from({ length: rows }, (_, i) => (i % 10 === 9 ? -1 : i % (CLASSES - 1))),
  });
  const document = structuredClone(input.specification) as {
    spec: { ensemble: object; teachers: { weight?: number }[] };
  };
  document.spec.ensemble = { combine };
  return {
    ...input,
    specification: checkRunSpecification(document, 'test'),
    dataset: { ...input.dataset, classCount: CLASSES },
    splits: {
      train: split(ROWS.train),
      validation: split(ROWS.validation),
      test: split(ROWS.test),
    },
    teachers: input.teachers.map((teacher, k) => {
      if (k < blackCount) return { ...teacher, access: 'black' as const, logits: randomAnswers(k) };
      const logits = randomLogits(k);
      if (k !== 1 || known === undefined) return { ...teacher, logits };
      for (const values of Object.values(logits)) withoutUnknown(values, CLASSES, known);
      return { ...teacher, logits, knownClasses: known };
    }),
    student: { ...input.student, logits: randomLogits(7) },
    studentWithoutTeachers: { ...input.student, logits: randomLogits(8) },
  };
}

test.for([
  ['arithmetic'],
  ['majority-vote'],
  ['geometric', [0, 2, 3, 5]],
  ['majority-vote', undefined, 1],
  ['majority-vote', undefined, 2],
  ['arithmetic', [0, 2, 3, 5], 1],
] as [string, number[]?, number?][])(
  'recompute.py finds every figure of a report with combine: %s, known classes %j, black boxes: %j',
  async ([combine, known, blackCount = 0], { skip }) => {
    if (numpy.lack !== undefined) skip(numpy.lack);
    const { code, stdout, stderr } = await recompute(
      randomInput(combine, known, blackCount),
      (report) => report,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    // 5 models, 3 splits: 4 figures, 7 recalls, and 4 of each reference: 3 for students, 2 for the others.
    expect(stdout.trim().split('\n')).toHaveLength(3 * (5 * 11 + 2 * 3 * 4 + 3 * 2 * 4));
  },
);

test('recompute.py names a figure that was changed in the report', async ({ skip }) => {
  if (numpy.lack !== undefined) skip(numpy.lack);
  const { code, stdout } = await recompute(randomInput('arithmetic'), (report) => {
    const changed = JSON.parse(report) as { student: { validation: { ece: number } } };
    changed.student.validation.ece += 0.001;
    return JSON.stringify(changed);
  });
  expect(code).toBe(1);
  expect(stdout.split('\n').filter((line) => line.includes('but the report has'))).toEqual([
    expect.stringMatching(/^validation student ece: 0\.\d{4}, but the report has 0\.\d{4}$/),
  ]);
});
