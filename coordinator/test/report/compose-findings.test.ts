/** Findings are compared with the report of the same run, with plain loops over random logits, and by hand. */
import { describe, expect, test } from 'vitest';
import { composeFindings, type PredictedRows } from '../../src/report/compose-findings.js';
import { composeReport, ensembleOf } from '../../src/report/compose-report.js';
import type { SplitLogits } from '../../src/report/report-input.js';
import { randomFrom } from '../random.js';
import { exampleInput } from './report-input-example.js';

function rowsOf(name: string, logits: Float32Array, classCount: number): PredictedRows {
  const rows = (first: number, end: number) =>
    logits.subarray(first * classCount, end * classCount);
  return { name, isFinal: false, rows };
}

/** A run with `count` test samples; every seventh has no label. */
function randomRun(count: number, classCount: number) {
  const example = exampleInput();
  const random = randomFrom(7);
  const logits = (sharpness: number): SplitLogits => ({
    ...example.student.logits,
    train: new Float32Array(2 * classCount),
    validation: new Float32Array(classCount),
    test: Float32Array.from({ length: count * classCount }, () => sharpness * random()),
  });
  const labels = Int32Array.from({ length: count }, (_, i) =>
    i % 7 === 3 ? -1 : Math.floor(random() * classCount),
  );
  const sampleIds = Int32Array.from({ length: count }, (_, i) => 3 * i + 1);
  const input = exampleInput({
    dataset: {
      ...example.dataset,
      classCount,
      classNames: Array.from({ length: classCount }, (_, c) => `class ${c}`),
    },
    splits: { ...example.splits, test: { sampleIds, labels } },
    teachers: example.teachers.map((teacher) => ({ ...teacher, logits: logits(6) })),
    student: { ...example.student, logits: logits(9) },
    studentWithoutTeachers: { ...example.student, logits: logits(3) },
  });
  const ensemble = ensembleOf(input) as SplitLogits;
  const models = [
    ...input.teachers.map((t) => rowsOf(`teacher.${t.name}`, t.logits.test, classCount)),
    rowsOf('student', input.student.logits.test, classCount),
    rowsOf('studentWithoutTeachers', logits(3).test, classCount),
    rowsOf('ensemble', ensemble.test, classCount),
  ];
  return { input, ensemble, predictions: { sampleIds, labels, classCount, models } };
}

describe('composeFindings of a run with a report', () => {
  const { input, predictions } = randomRun(700, 5);
  const report = composeReport(input);
  const { models, examples } = composeFindings(predictions);
  const found = (name: string) => models.find((model) => model.name === name);
  const rows = {
    student: report.student,
    ensemble: report.ensemble,
    'teacher.wide': report.teachers[0],
    'teacher.deep': report.teachers[1],
  };

  test.each(Object.entries(rows))(
    '%s: accuracy and ECE of the report follow from the bins',
    (name, row) => {
      const bins = found(name)?.reliability ?? [];
      const sum = (of: (bin: (typeof bins)[number]) => number) =>
        bins.reduce((total, bin) => total + of(bin), 0);
      expect(bins).toHaveLength(15);
      expect(sum(({ count }) => count)).toBe(600);
      const right = sum(({ count, accuracy }) => count * (accuracy ?? 0));
      expect(right / 600).toBeCloseTo(row?.accuracy ?? -1, 10);
      const gap = sum(
        ({ count, accuracy, confidence }) => count * Math.abs((accuracy ?? 0) - (confidence ?? 0)),
      );
      expect(gap / 600).toBeCloseTo(row?.ece ?? -1, 10);
    },
  );

  test.each(Object.entries(rows))(
    '%s: accuracy and recalls of the report follow from the confusion matrix',
    (name, row) => {
      const { classes, counts } = found(name)?.confusion ?? { classes: [], counts: [] };
      expect(classes).toEqual([0, 1, 2, 3, 4]);
      const diagonal = counts.map((line, c) => line[c] as number);
      expect(diagonal.reduce((a, b) => a + b, 0) / 600).toBeCloseTo(row?.accuracy ?? -1, 10);
      for (const [c, line] of counts.entries()) {
        const own = line.reduce((a, b) => a + b, 0);
        expect((diagonal[c] as number) / own).toBeCloseTo(row?.perClassRecall?.[c] ?? -1, 10);
      }
    },
  );

  test('the confused pairs are those of the matrix, the most frequent first', () => {
    const { confusion, confused } = found('student') ?? {};
    const pairs = confusion?.counts.flatMap((line, label) =>
      line.flatMap((count, output) =>
        label === output || count === 0 ? [] : [{ label, output, count }],
      ),
    );
    expect(confused).toEqual(pairs?.sort((a, b) => b.count - a.count));
  });

  test('the student is first, then the ensemble, the student without teachers, and the teachers', () => {
    expect(models.map(({ name }) => name)).toEqual([
      'student',
      'ensemble',
      'studentWithoutTeachers',
      'teacher.wide',
      'teacher.deep',
    ]);
  });

  /** [row, divergence] of all samples, found 20 at a time. */
  const divergences: [number, number][] = [];
  for (let first = 0; first < 700; first += 20) {
    const part = {
      ...predictions,
      sampleIds: predictions.sampleIds.subarray(first, first + 20),
      labels: predictions.labels.subarray(first, first + 20),
      models: predictions.models.map((model) => ({
        ...model,
        rows: (a: number, b: number) => model.rows(first + a, first + b),
      })),
    };
    for (const { row, divergence } of composeFindings(part).examples) {
      divergences.push([row, divergence ?? 0]);
    }
  }

  test('the mean of all divergences is the one in the report', () => {
    expect(divergences).toHaveLength(700);
    const sum = divergences.reduce((total, [, divergence]) => total + divergence, 0);
    const { kl } = report.student.fidelity.find(({ to }) => to === 'ensemble') ?? {};
    expect(sum / 700).toBeCloseTo(kl ?? -1, 8);
  });

  test('the examples are the 24 rows of the greatest divergences, with the output of each model', () => {
    const greatest = divergences.sort(([, a], [, b]) => b - a).slice(0, 24);
    expect(examples.map(({ row, divergence }) => [row, divergence])).toEqual(greatest);
    for (const { row, label, outputs } of examples) {
      const index = predictions.sampleIds.indexOf(row);
      expect(label).toBe(predictions.labels[index]);
      expect(outputs.map(({ model }) => model)).toEqual(models.map(({ name }) => name));
      const logits = [...input.student.logits.test.subarray(5 * index, 5 * index + 5)];
      const sum = logits.reduce((total, z) => total + Math.exp(z), 0);
      const sorted = logits
        .map((z, c) => ({ class: c, probability: expect.closeTo(Math.exp(z) / sum, 6) as number }))
        .sort((a, b) => (logits[b.class] as number) - (logits[a.class] as number));
      expect(outputs[0]?.top).toEqual(sorted.slice(0, 3));
    }
  });
});

test('composeFindings reads rows in blocks, and counts all labelled rows', () => {
  // A block has 1,048 rows of 1,000 classes.
  const { predictions } = randomRun(2500, 1000);
  const reads: number[] = [];
  const { models } = composeFindings({
    ...predictions,
    models: predictions.models.slice(2, 3).map((model) => ({
      ...model,
      rows: (first, end) => {
        reads.push(end - first);
        return model.rows(first, end);
      },
    })),
  });
  expect(Math.max(...reads)).toBe(1048);
  const [student] = models;
  const counted = student?.reliability?.reduce((sum, { count }) => sum + count, 0);
  expect(counted).toBe(predictions.labels.filter((label) => label >= 0).length);
  expect(student?.confusion.classes).toHaveLength(40);
  expect(student?.confused).toHaveLength(50);
});

const certain = (output: number, classCount: number) =>
  Array.from({ length: classCount }, (_, c) => (c === output ? 0 : Number.NEGATIVE_INFINITY));

test('composeFindings shows the 40 classes with the most errors', () => {
  // Class 60 is taken for 70 three times, 5 for 6 once; the rest is right.
  const labels = [60, 60, 60, 5, 1, 2];
  const outputs = [70, 70, 70, 6, 1, 2];
  const logits = Float32Array.from(outputs.flatMap((output) => certain(output, 80)));
  const { models } = composeFindings({
    sampleIds: Int32Array.from(labels, (_, i) => i),
    labels: Int32Array.from(labels),
    classCount: 80,
    models: [rowsOf('student', logits, 80)],
  });
  const { classes, counts } = models[0]?.confusion ?? { classes: [], counts: [] };
  expect(classes).toEqual([...Array.from({ length: 38 }, (_, c) => c), 60, 70]);
  expect(counts[38]?.[39]).toBe(3);
  expect(counts[1]?.[1]).toBe(1);
  expect(models[0]?.confused).toEqual([
    { label: 60, output: 70, count: 3 },
    { label: 5, output: 6, count: 1 },
  ]);
});

test('composeFindings of a run without teachers gives only errors as examples, the surest first', () => {
  const logits = Float32Array.of(0, 1, 0, 3, 5, 0, 0, 2, 0, 9);
  const { examples } = composeFindings({
    sampleIds: Int32Array.of(10, 11, 12, 13, 14),
    labels: Int32Array.of(0, 0, 0, 1, -1),
    classCount: 2,
    models: [rowsOf('student', logits, 2)],
  });
  expect(examples.map(({ row, divergence }) => [row, divergence])).toEqual([
    [11, null],
    [10, null],
  ]);
});

test('composeFindings puts an infinite divergence first, as null; final answers have no reliability', () => {
  const { models, examples } = composeFindings({
    sampleIds: Int32Array.of(0, 1, 2),
    labels: Int32Array.of(0, 1, 1),
    classCount: 2,
    models: [
      rowsOf('student', Float32Array.of(0, 9, 0, Number.NEGATIVE_INFINITY, 0, 0), 2),
      rowsOf('ensemble', Float32Array.of(0, 0, 0, 0, 0, 0), 2),
      {
        ...rowsOf('teacher.box', Float32Array.from([0, 1, -1].flatMap((c) => certain(c, 2))), 2),
        isFinal: true,
      },
    ],
  });
  expect(examples.map(({ row }) => row)).toEqual([1, 0, 2]);
  expect(examples[0]?.divergence).toBeNull();
  expect(examples[2]?.divergence).toBe(0);
  expect(models[2]?.reliability).toBeNull();
  expect(models[2]?.confusion.counts).toEqual([
    [1, 0],
    [0, 1],
  ]);
  expect(examples[0]?.outputs[2]?.top).toEqual([{ class: 1, probability: 1 }]);
});
