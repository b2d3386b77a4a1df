/** `reportLines` against the text as a reader should see it. */
import { reportSchema } from '@lyceum/coordinator/documents';
import { expect, test } from 'vitest';
import { composeReport } from '../../../coordinator/src/report/compose-report.js';
import { exampleInput, splitLogits } from '../../../coordinator/test/support.js';
import { reportLines } from '../../src/printing/report-lines.js';

test('reportLines aligns models and figures in tables', () => {
  const input = exampleInput();
  const [wide, deep] = input.teachers;
  if (wide === undefined || deep === undefined) throw new Error('two teachers');
  const teachers = [
    { ...wide, logits: splitLogits([0.8, 0.1], 0.3, 0.9, 0.8, 0.2, 0.1), parameterCount: 266_610 },
    { ...deep, latencyBatch1Ms: 12.345 },
  ];
  expect(reportLines(composeReport({ ...input, teachers })).join('\n')).toBe(
    `
MODEL                     ACCURACY     NLL     ECE   BRIER  AGREEMENT  PARAMETERS     SIZE   LATENCY
teacher wide              100.00 %  0.1643  0.1500  0.0500   100.00 %     266,610  4.00 kB   2.00 ms
teacher deep               25.00 %  1.0338  0.6250  0.8050    25.00 %       1,000  4.00 kB  12.35 ms
ensemble (arithmetic)     100.00 %  0.3145  0.2687  0.1478   100.00 %     267,610  8.00 kB  14.35 ms
student                    75.00 %  0.3709  0.2750  0.2350    75.00 %         100    400 B   0.50 ms
student without teachers   50.00 %  0.5827  0.3750  0.4350    50.00 %         100    400 B   0.50 ms

STUDENT ON  SAMPLES  ACCURACY     NLL     ECE   BRIER  AGREEMENT
train             2  100.00 %  0.2877  0.2500  0.1250   100.00 %
validation        1    0.00 %  0.9163  0.6000  0.7200     0.00 %
test              4   75.00 %  0.3709  0.2750  0.2350    75.00 %

STUDENT AGAINST  AGREEMENT (TRAIN)  KL (TRAIN)  AGREEMENT      KL  WHERE IT IS WRONG
ensemble                  100.00 %      0.0000    75.00 %  0.0874                  -
teacher wide              100.00 %      0.0397    75.00 %  0.0901                  -
teacher deep               50.00 %      0.2500    50.00 %  0.5164            33.33 %

Labels: 20 of 70 training samples; the models' figures are of 4 test samples.
Figures on train are over 2 of its samples, a fixed choice.
Samples in two splits: 2 of test are in train too.
Of the test split's classes the student knows least: 1 (dog) 50.00 %.
The teachers made the student 25.00 points better (−38.32 to +71.65), which may be chance: P 1.0000.
It has 2,676 times fewer parameters than the ensemble.
Trained at 1,250 samples/s, 25.0 % of the time waiting for targets; 13 s from submit to end.
The same run again gives the same bits on the same device type and thread count.
`.trim(),
  );
});

test('reportLines counts the labelled samples of each split where some have no label', () => {
  const report = composeReport(exampleInput());
  const lines = reportLines({ ...report, labelledMeasuredTrainCount: 1, labelledTestCount: 3 });
  const from = lines.findIndex((line) => line.startsWith('STUDENT ON'));
  expect(lines.slice(from, from + 4).map((line) => line.slice(0, 39))).toEqual([
    'STUDENT ON  SAMPLES  LABELLED  ACCURACY',
    'train             2         1  100.00 %',
    'validation        1         1    0.00 %',
    'test              4         3   75.00 %',
  ]);
});

test.each([
  [[0, 1], 'finds 1 (dog) alone: always to answer that would be right as often, or more often.'],
  [[0.8, 0], 'finds 0 (cat) alone: always to answer that would be right as often, or more often.'],
  [[0.8, 0.5], 'knows least: 1 (dog) 50.00 %, 0 (cat) 80.00 %.'],
  [[0, 0], 'knows least: 0 (cat) 0.00 %, 1 (dog) 0.00 %.'],
  [[null, 0.5], 'knows least: 1 (dog) 50.00 %.'],
])('reportLines with recalls %j', (perClassRecall, said) => {
  const report = composeReport(exampleInput());
  const lines = reportLines({ ...report, student: { ...report.student, perClassRecall } });
  expect(lines).toContain(`Of the test split's classes the student ${said}`);
});

test('reportLines says what the teachers gave: with its interval, and the closed gap or chance', () => {
  const report = composeReport(exampleInput());
  const gained = (mean: number, p: number) => {
    const accuracy = { mean, low: mean - 0.1, high: mean + 0.1 };
    const student = { ...report.student, accuracy: 0.5 + mean };
    const teachersGain = { accuracy, onlyWith: 1, onlyWithout: 1, p };
    const lines = reportLines({ ...report, student, gapClosed: 0.5, teachersGain });
    return lines.find((line) => line.includes('without teachers (') || line.includes('made'));
  };
  expect(gained(0.25, 0.049)).toBe(
    'The teachers made the student 25.00 points better (+15.00 to +35.00), 50 % of the gap to the ensemble closed.',
  );
  expect(gained(0.25, 0.05)).toMatch(/better \(.*\), which may be chance: P 0\.0500\.$/);
  expect(gained(0, 1)).toBe(
    'The student is right as often as without teachers (−10.00 to +10.00).',
  );
});

test('reportLines says how much larger a student is than the ensemble, and has a singular of sample', () => {
  const report = composeReport(exampleInput());
  const student = { ...report.student, parameters: 5000 };
  const lines = reportLines({ ...report, student, testSampleCount: 1, labelledTestCount: 1 });
  expect(lines).toContain('It has 2.5 times as many parameters as the ensemble.');
  expect(lines.join('\n')).toContain("the models' figures are of 1 test sample.");
});

test('reportLines says that a student is worse than without teachers, without a closed gap', () => {
  const report = { ...composeReport(exampleInput()), teachersGain: null, gapClosed: -0.3 };
  const { student } = report;
  const lines = reportLines({ ...report, student: { ...student, accuracy: 0.25 } });
  expect(lines).toContain('The teachers made the student 25.00 points worse.');
});

test('reportLines says in what order a set in shards was visited', () => {
  const input = exampleInput();
  const order = 'full: an epoch has 12 MiB of decoded pictures, no more than 512';
  const lines = reportLines(composeReport({ ...input, training: { ...input.training, order } }));
  expect(lines).toContain(`Order of the samples: ${order}.`);
  expect(reportLines(composeReport(input)).join()).not.toContain('Order of');
});

test('reportLines says how many test samples have a label', () => {
  const input = exampleInput();
  const { test: tested, ...others } = input.splits;
  const labels = Int32Array.from(tested.labels, (label, n) => (n === 0 ? -1 : label));
  const splits = { ...others, test: { ...tested, labels } };
  expect(reportLines(composeReport({ ...input, splits }))).toContain(
    "Labels: 20 of 70 training samples; the models' figures are of 4 test samples, 3 of them with a label.",
  );
});

test('reportLines shows the modality of each model if they differ', () => {
  const input = exampleInput();
  const teachers = input.teachers.map((teacher) => ({ ...teacher, modality: 'sound' }));
  const student = { ...input.student, modality: 'pixels' };
  const lines = reportLines(composeReport({ ...input, teachers, student }));
  expect(lines.slice(0, 6).map((line) => line.slice(0, 36).trimEnd())).toEqual([
    'MODEL                     MODALITY',
    'teacher wide              sound',
    'teacher deep              sound',
    'ensemble (arithmetic)     -',
    'student                   pixels',
    'student without teachers  -',
  ]);
});

test('reportLines says how many steps had fewer than all teachers', () => {
  const contributorCounts = { degradedSteps: 10, unknownSteps: 0, teacherSteps: [40, 30] };
  const lines = reportLines(composeReport(exampleInput({ contributorCounts })));
  expect(lines).toContain(
    '25.0 % of the steps had fewer than all teachers; contributed to: wide 100.0 %, deep 75.0 %.',
  );
  expect(lines.at(-1)).toMatch(/^A replay of the run gives the same bits/);
});

test('reportLines says how many samples the canaries of a paid teacher took', () => {
  const input = exampleInput();
  const [wide, deep] = input.teachers;
  if (wide === undefined || deep === undefined) throw new Error('two teachers');
  const teachers = [wide, { ...deep, canarySamples: { used: 128, allowed: 1024 } }];
  const report = composeReport({ ...input, teachers });
  expect(reportSchema.parse(report).teachers.map((t) => t.canarySamples?.used)).toEqual([
    undefined,
    128,
  ]);
  const lines = reportLines(report).filter((line) => line.includes('Canaries'));
  expect(lines).toEqual(['Canaries of teacher deep: 128 of 1,024 samples.']);
});

test('reportLines shows no time of a teacher that answers final classes, nor of an ensemble with it', () => {
  const input = exampleInput();
  const [wide, deep] = input.teachers;
  if (wide === undefined || deep === undefined) throw new Error('two teachers');
  const teachers = [wide, { ...deep, latencyBatch1Ms: 0 }];
  const text = reportLines(composeReport({ ...input, teachers })).join('\n');
  expect(text).toMatch(/^teacher wide .* 2\.00 ms$/m);
  expect(text).toMatch(/^teacher deep .* -$/m);
  expect(text).toMatch(/^ensemble .* -$/m);
  expect(text).toMatch(/^student .* 0\.50 ms$/m);
});

test('reportLines shows no size of a remote teacher, nor of an ensemble with it', () => {
  const input = exampleInput();
  const [wide, deep] = input.teachers;
  if (wide === undefined || deep === undefined) throw new Error('two teachers');
  const teachers = [wide, { ...deep, parameterCount: 0, weightBytes: 0 }];
  const text = reportLines(composeReport({ ...input, teachers })).join('\n');
  expect(text).toMatch(/^teacher wide .* 1,000 {2}4\.00 kB /m);
  expect(text).toMatch(/^teacher deep .* % {2} +- {2} +- {2}/m);
  expect(text).toMatch(/^ensemble .* % {2} +- {2} +- {2}/m);
  expect(text).toMatch(/^student .* 100 {4}400 B /m);
  expect(text).not.toContain('fewer parameters');
});
