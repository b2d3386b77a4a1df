/** Figures are compared with arithmetic on four samples, written out here. */
import { checkRunSpecification, parseRunSpecification } from '@lyceum/learning/specification';
import { expect, test } from 'vitest';
import { reportSchema } from '../../src/documents/report.js';
import { composeReport } from '../../src/report/compose-report.js';
import type { SplitLogits } from '../../src/report/report-input.js';
import { teacherWorth } from '../../src/report/teacher-worth.js';
import { DIGEST, exampleInput, splitLogits } from './report-input-example.js';

const mean = (...values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;

// The labels are 0 0 1 1, so these are the probabilities of the label.
const STUDENT_RIGHT = [0.9, 0.7, 0.4, 0.9];

test('composeReport computes accuracy, NLL, Brier score and ECE of the student', () => {
  const { student } = composeReport(exampleInput());
  expect(student.accuracy).toBe(0.75);
  expect(student.nll).toBeCloseTo(mean(...STUDENT_RIGHT.map((p) => -Math.log(p))), 6);
  // Two classes: the error of one is the error of the other.
  expect(student.brier).toBeCloseTo(mean(...STUDENT_RIGHT.map((p) => 2 * (1 - p) ** 2)), 6);
  // 15 bins: 0.9 lies in one with 0.9; 0.7 and 0.6 lie in two others.
  expect(student.ece).toBeCloseTo((2 * 0.1 + 0.3 + 0.6) / 4, 6);
});

test('composeReport computes the ensemble as the weighted mean of probabilities at temperature 1', () => {
  const { ensemble } = composeReport(exampleInput());
  // (3 wide + 1 deep) / 4 of class 0: 0.8, 0.7, 0.3, 0.5; an even last one goes to class 0.
  expect(ensemble?.combine).toBe('arithmetic');
  expect(ensemble?.nll).toBeCloseTo(mean(...[0.8, 0.7, 0.7, 0.5].map((p) => -Math.log(p))), 6);
  expect(ensemble?.agreementWithEnsemble).toBe(1);
});

test('composeReport computes the geometric ensemble as a weighted product of probabilities', () => {
  const input = exampleInput();
  const document = structuredClone(input.specification) as { spec: { ensemble: unknown } };
  document.spec.ensemble = { combine: 'geometric' };
  const specification = checkRunSpecification(document, 'test');
  const { ensemble } = composeReport({ ...input, specification });
  const right = [
    [0.9, 0.5],
    [0.8, 0.4],
    [0.8, 0.4],
    [0.6, 0.2],
  ].map(([wide = 0, deep = 0]) => {
    const [of, against] = [wide ** 0.75 * deep ** 0.25, (1 - wide) ** 0.75 * (1 - deep) ** 0.25];
    return of / (of + against);
  });
  expect(ensemble?.nll).toBeCloseTo(mean(...right.map((p) => -Math.log(p))), 6);
});

test('composeReport shows ca-mkd as the plain mean, and no NLL if majority-vote excludes a label', () => {
  const input = exampleInput();
  const by = (combine: string) => {
    const document = structuredClone(input.specification) as {
      spec: { ensemble: unknown; teachers: { weight: number }[] };
    };
    document.spec.ensemble = { combine };
    for (const teacher of document.spec.teachers) teacher.weight = 1;
    const specification = checkRunSpecification(document, 'test');
    const teachers = input.teachers.map((teacher) => ({ ...teacher, weight: 1 }));
    return composeReport({ ...input, specification, teachers }).ensemble;
  };
  // Means of class 0: 0.7, 0.6, 0.4, 0.6.
  expect(by('ca-mkd')).toMatchObject({ combine: 'arithmetic', accuracy: 0.75 });
  expect(by('ca-mkd')?.nll).toBeCloseTo(mean(...[0.7, 0.6, 0.6, 0.4].map((p) => -Math.log(p))), 6);
  // Votes of the two teachers: 0 0, 0 1, 1 0, 1 0.
  expect(by('majority-vote')?.nll).toBeCloseTo((3 * Math.LN2) / 4, 6);
  input.splits.test.labels[0] = 1;
  expect(by('majority-vote')).toMatchObject({ nll: null, accuracy: 0.25 });
});

test('composeReport counts equal answers as agreement, right or wrong', () => {
  // The ensemble's last answer would be even; another probability of `wide` makes it clear.
  const input = exampleInput();
  const [wide, deep] = input.teachers;
  if (wide === undefined || deep === undefined) throw new Error('two teachers');
  const report = composeReport({
    ...input,
    teachers: [{ ...wide, logits: splitLogits([0.8, 0.1], 0.3, 0.9, 0.8, 0.2, 0.1) }, deep],
  });
  expect(report.teachers.map((t) => t.agreementWithEnsemble)).toEqual([1, 0.25]);
  expect(report.student.agreementWithEnsemble).toBe(0.75);
  expect(report.studentWithoutTeachers?.agreementWithEnsemble).toBe(0.5);
});

test('composeReport computes agreement and KL divergence to each reference, and agreement where it is wrong', () => {
  const { student, ensemble, teachers } = composeReport(exampleInput());
  const kl = (p: number, q: number) => p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
  // Class 0 by wide, deep and the student; deep is wrong on the second, third and fourth.
  const [wide, deep, own] = [
    [0.9, 0.8, 0.2, 0.4],
    [0.5, 0.4, 0.6, 0.8],
    [0.9, 0.7, 0.6, 0.1],
  ] as [number[], number[], number[]];
  const klOf = (from: number[], to: number[]) =>
    mean(...from.map((p, i) => kl(p, to[i] as number)));
  expect(student.fidelity.map(({ to }) => to)).toEqual([
    'ensemble',
    'teacher.wide',
    'teacher.deep',
  ]);
  expect(student.fidelity[1]).toEqual({
    to: 'teacher.wide',
    agreement: 0.75,
    kl: expect.closeTo(klOf(wide, own), 6),
    agreementWhereWrong: null,
  });
  expect(student.fidelity[2]).toEqual({
    to: 'teacher.deep',
    agreement: 0.5,
    kl: expect.closeTo(klOf(deep, own), 6),
    agreementWhereWrong: expect.closeTo(1 / 3, 12),
  });
  expect(student.agreementWithEnsemble).toBe(student.fidelity[0]?.agreement);
  expect(ensemble?.fidelity.map(({ to }) => to)).toEqual(['teacher.wide', 'teacher.deep']);
  expect(teachers[0]?.fidelity.map(({ to }) => to)).toEqual(['ensemble', 'teacher.deep']);
  expect(teachers[0]?.fidelity[1]?.kl).toBeCloseTo(klOf(deep, wide), 6);
});

test('composeReport has null as recall of a class without samples, and no recalls of 6000 classes', () => {
  const { student } = composeReport(exampleInput());
  expect(student.perClassRecall).toEqual([1, 0.5]);
  expect(student.validation.perClassRecall).toEqual([null, 0]);
  const input = exampleInput();
  const classCount = 6000;
  const wider = (logits: Float32Array) => new Float32Array((logits.length / 2) * classCount);
  const widened = (logits: SplitLogits) => ({
    train: wider(logits.train),
    validation: wider(logits.validation),
    test: wider(logits.test),
  });
  const { studentWithoutTeachers: _, ...rest } = input;
  const report = composeReport({
    ...rest,
    dataset: { ...input.dataset, classCount },
    teachers: input.teachers.map((t) => ({ ...t, logits: widened(t.logits) })),
    student: { ...input.student, logits: widened(input.student.logits) },
  });
  expect(report.student.perClassRecall).toBeNull();
  expect(report.student.accuracy).toBe(0.5);
});

test('composeReport counts the labelled samples of each split', () => {
  const input = exampleInput();
  input.splits.train.labels[0] = -1;
  input.splits.test.labels.fill(-1, 0, 3);
  expect(composeReport(input)).toMatchObject({
    labelledMeasuredTrainCount: 1,
    labelledValidationCount: 1,
    labelledTestCount: 1,
  });
});

test('composeReport computes figures of train and validation too', () => {
  const { student, measuredTrainCount } = composeReport(exampleInput());
  expect(measuredTrainCount).toBe(2);
  expect(student.train).toMatchObject({ accuracy: 1, agreementWithEnsemble: 1 });
  expect(student.train.nll).toBeCloseTo(-Math.log(0.75), 6);
  // The ensemble of validation is 0.325 of class 0.
  expect(student.validation).toMatchObject({ accuracy: 0, agreementWithEnsemble: 0 });
  expect(student.validation.nll).toBeCloseTo(-Math.log(0.4), 6);
  expect(student.validation.fidelity[2]).toMatchObject({ to: 'teacher.deep', agreement: 0 });
});

test('composeReport computes the worth of each teacher as what the ensemble loses without it', () => {
  const { worth, ensemble } = composeReport(exampleInput());
  expect(worth).toMatchObject({
    rule: 'arithmetic',
    test: {
      sampleCount: 4,
      accuracy: ensemble?.accuracy,
      nll: expect.closeTo(ensemble?.nll ?? -1, 6),
    },
    validation: { sampleCount: 1, accuracy: ensemble?.validation.accuracy },
  });
  const [wide, deep] = worth?.test?.teachers ?? [];
  // Without one of two teachers, the ensemble is the other.
  expect(wide).toMatchObject({ name: 'wide', loss: { accuracy: 0.25 } });
  expect(wide?.loss?.nll).toBeCloseTo(mean(...[0.5, 0.4, 0.4, 0.2].map((p) => -Math.log(p))), 6);
  expect(wide?.loss?.accuracyLoss.mean).toBe((ensemble?.accuracy ?? 0) - 0.25);
  expect(deep).toMatchObject({ name: 'deep', loss: { accuracy: 1 } });
  expect(deep?.loss?.accuracyLoss.mean).toBe((ensemble?.accuracy ?? 0) - 1);
});

test('composeReport computes the worth only of teachers that a term combines, if there are two', () => {
  const input = exampleInput();
  const [wide, deep] = input.teachers;
  if (wide === undefined || deep === undefined) throw new Error('the example has two');
  const teachers = [wide, deep, { ...wide, name: 'third' }];
  const withTerms = (...objective: object[]) => {
    const document = structuredClone(input.specification) as { spec: Record<string, unknown> };
    const added = { name: 'third', model: 'third' };
    document.spec['teachers'] = [...(document.spec['teachers'] as unknown[]), added];
    document.spec['objective'] = objective;
    const specification = checkRunSpecification(document, 'test');
    const contributorCounts = { ...input.contributorCounts, teacherSteps: [40, 40, 40] };
    return composeReport({ ...input, specification, teachers, contributorCounts }).worth;
  };
  const names = (worth: ReturnType<typeof withTerms>) => worth?.test?.teachers.map((t) => t.name);
  const kd = { term: 'kd', weight: 1, temperature: 2 };
  expect(names(withTerms(kd))).toEqual(['wide', 'deep', 'third']);
  // The rule does not combine votes.
  const votes = { term: 'vote', weight: 1 };
  expect(names(withTerms({ ...kd, teachers: ['third', 'deep'] }, votes))).toEqual([
    'deep',
    'third',
  ]);
  expect(withTerms({ ...kd, teachers: ['deep'] }, votes)).toBeNull();
});

test('composeReport has no worth for a split without labels, or for too many classes', () => {
  const input = exampleInput();
  const { test: measured } = input.splits;
  const labels = Int32Array.of(-1, -1, -1, -1);
  const splits = { ...input.splits, test: { ...measured, labels } };
  expect(composeReport({ ...input, splits }).worth).toMatchObject({
    test: null,
    validation: { sampleCount: 1 },
  });
  const dataset = { ...input.dataset, classCount: 60_000_000 };
  expect(teacherWorth({ ...input, dataset })).toBeNull();
});

test('composeReport computes gapClosed as (student - alone) / (ensemble - alone)', () => {
  const input = exampleInput();
  const [wide, deep] = input.teachers;
  if (wide === undefined || deep === undefined) throw new Error('two teachers');
  const report = composeReport({
    ...input,
    teachers: [{ ...wide, logits: splitLogits([0.8, 0.1], 0.3, 0.9, 0.8, 0.2, 0.1) }, deep],
  });
  expect(report.ensemble?.accuracy).toBe(1);
  expect(report.studentWithoutTeachers?.accuracy).toBe(0.5);
  expect(report.gapClosed).toBeCloseTo((0.75 - 0.5) / (1 - 0.5), 12);
});

test('composeReport computes teachersGain: samples that one student alone has right, interval, p value', () => {
  // With teachers right on samples 1, 2 and 4; without teachers on 1 and 4.
  const { onlyWith, onlyWithout, accuracy, p } = composeReport(exampleInput()).teachersGain ?? {};
  expect([onlyWith, onlyWithout]).toEqual([1, 0]);
  expect(accuracy?.mean).toBe(0.25);
  // One more success on either side: 6 samples.
  const margin = 1.959964 * Math.sqrt((3 / 6 - (1 / 6) ** 2) / 6);
  expect(accuracy?.low).toBeCloseTo(1 / 6 - margin, 12);
  expect(accuracy?.high).toBeCloseTo(1 / 6 + margin, 12);
  expect(p).toBe(1);
  expect(composeReport(labelledAs(-1, -1, -1, -1)).teachersGain).toBeNull();
  const { studentWithoutTeachers: _, ...input } = exampleInput();
  expect(composeReport(input).teachersGain).toBeNull();
});

test('composeReport sums parameters, bytes and latency of the teachers for the ensemble', () => {
  const { ensemble, student } = composeReport(exampleInput());
  expect(ensemble).toMatchObject({ parameters: 2000, bytes: 8000, latencyBatch1Ms: 4 });
  expect(student).toMatchObject({ parameters: 100, bytes: 400, latencyBatch1Ms: 0.5 });
});

test('composeReport has sample rate, wall time, seeds and digests of the run', () => {
  const report = composeReport(exampleInput());
  expect(report.samplesPerSecond).toBe(1250);
  expect(report.wallSeconds).toBe(12.5);
  expect(report.seeds).toEqual({ training: 7, labels: 5, views: 9 });
  expect(report.digests).toEqual({
    specification: DIGEST.a,
    dataset: DIGEST.b,
    studentModel: DIGEST.c,
    studentFinalWeights: DIGEST.d,
  });
});

test('composeReport says bitExact unless there are exceptions', () => {
  expect(composeReport(exampleInput())).toMatchObject({ bitExact: true, bitExactExceptions: [] });
  const report = composeReport(exampleInput({ bitExactExceptions: ['engines differ'] }));
  expect(report).toMatchObject({ bitExact: false, bitExactExceptions: ['engines differ'] });
});

function labelledAs(...labels: number[]) {
  const { splits, ...input } = exampleInput();
  const test = { ...splits.test, labels: Int32Array.from(labels) };
  return { ...input, splits: { ...splits, test } };
}

test('composeReport counts samples without a label only for agreement', () => {
  const report = composeReport(labelledAs(0, -1, -1, 1));
  expect(report.student.accuracy).toBe(1);
  expect(report.student.nll).toBeCloseTo(-Math.log(0.9), 6);
  const none = composeReport(labelledAs(-1, -1, -1, -1));
  expect(none.student).toMatchObject({ accuracy: null, nll: null, ece: null, brier: null });
  expect(none.student.agreementWithEnsemble).not.toBeNull();
  expect(none.gapClosed).toBeNull();
  expect(() => reportSchema.parse(none)).not.toThrow();
});

test('composeReport of a run of kind Training has figures of the student alone', () => {
  const specification = parseRunSpecification(
    `{ apiVersion: lyceum.dev/v1alpha1, kind: Training, metadata: { name: wide },
       spec: { dataset: digits, student: { model: { architecture: lenet } } } }`,
    'test',
  );
  const { studentWithoutTeachers: _, ...input } = exampleInput({ specification, teachers: [] });
  const report = composeReport(input);
  expect(report).toMatchObject({
    worth: null,
    runKind: 'Training',
    teachers: [],
    ensemble: null,
    studentWithoutTeachers: null,
    studentAllLabels: null,
    gapClosed: null,
    seeds: { training: 1, labels: null, views: null },
  });
  expect(report.student.accuracy).toBe(0.75);
  expect(report.student.agreementWithEnsemble).toBeNull();
  expect(() => reportSchema.parse(report)).not.toThrow();
});

test('composeReport divides contributor counts by the steps', () => {
  const contributorCounts = { degradedSteps: 10, unknownSteps: 4, teacherSteps: [36, 26] };
  const report = composeReport(exampleInput({ contributorCounts, replayOf: 'before' }));
  expect(report).toMatchObject({
    replayOf: 'before',
    contributors: {
      degradedShare: 0.25,
      teachers: [
        { name: 'wide', share: 0.9 },
        { name: 'deep', share: 0.65 },
      ],
    },
  });
});

test("composeReport has no knowledge of a teacher named 'constructor' that was not judged", () => {
  const input = exampleInput();
  const teachers = input.teachers.map((teacher) => ({ ...teacher, name: 'constructor' }));
  expect(composeReport({ ...input, teachers }).teacherKnowledge).toEqual([]);
});
