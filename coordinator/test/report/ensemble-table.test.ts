/** Figures are compared with arithmetic on four samples of two classes, written out here. */
import { expect, test } from 'vitest';
import {
  chooseRules,
  type EnsembleTableInput,
  ensembleTable,
} from '../../src/report/ensemble-table.js';
import { DIGEST, logitsOf } from './report-input-example.js';

const mean = (...values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
const nllOf = (...ofLabel: number[]) => mean(...ofLabel.map((p) => -Math.log(p)));

/** Labels are 0 0 1 1. On the held-out samples `good` is always right and `bad` always wrong. */
function example(rules: string[]): EnsembleTableInput {
  return {
    datasetDigest: DIGEST.a,
    classCount: 2,
    split: 'test',
    heldOutSplit: 'validation',
    labels: Int32Array.of(0, 0, 1, 1),
    heldOutLabels: Int32Array.of(0, 1),
    teachers: [
      {
        name: 'good',
        identity: DIGEST.b,
        logits: logitsOf(0.9, 0.8, 0.2, 0.4),
        heldOutLogits: logitsOf(0.9, 0.1),
      },
      {
        name: 'bad',
        identity: DIGEST.c,
        logits: logitsOf(0.5, 0.2, 0.8, 0.8),
        heldOutLogits: logitsOf(0.2, 0.7),
      },
    ],
    rules,
    omitted: [],
  };
}

test('ensembleTable counts samples without a label, and leaves them out of figures', () => {
  const labels = Int32Array.of(0, -1, 1, 1);
  const { sampleCount, labelledCount, rows } = ensembleTable({
    ...example(['arithmetic']),
    labels,
  });
  expect({ sampleCount, labelledCount }).toEqual({ sampleCount: 4, labelledCount: 3 });
  expect(rows[0]?.nll).toBeCloseTo(nllOf(0.9, 0.8, 0.6), 6);
});

test('ensembleTable has rows for each teacher, the rule, and the rule without each teacher', () => {
  const { rows, fittedOn, sampleCount } = ensembleTable(example(['arithmetic']));
  expect(rows.map(({ kind, rule, without }) => [kind, rule, without])).toEqual([
    ['teacher', null, null],
    ['teacher', null, null],
    ['ensemble', 'arithmetic', null],
    ['without', 'arithmetic', 'good'],
    ['without', 'arithmetic', 'bad'],
  ]);
  expect({ fittedOn, sampleCount }).toEqual({ fittedOn: null, sampleCount: 4 });
  const [good, bad, both, withoutGood, withoutBad] = rows;
  expect(good).toMatchObject({ accuracy: 1, teachers: ['good'] });
  expect(good?.nll).toBeCloseTo(nllOf(0.9, 0.8, 0.8, 0.6), 6);
  // All are right with confidences 0.9, 0.8, 0.8, 0.6.
  expect(good?.ece).toBeCloseTo((0.1 + 0.2 + 0.2 + 0.4) / 4, 6);
  expect(bad).toMatchObject({ accuracy: 0.25 });
  // Means of class 0: 0.7, 0.5, 0.5, 0.6.
  expect(both?.nll).toBeCloseTo(nllOf(0.7, 0.5, 0.5, 0.4), 6);
  expect(both?.teachers).toEqual(['good', 'bad']);
  expect(withoutGood?.nll).toBeCloseTo(bad?.nll ?? 0, 6);
  expect(withoutBad?.nll).toBeCloseTo(good?.nll ?? 0, 6);
});

test('ensembleTable fits rules on the held-out split, and again without each teacher', () => {
  const { rows, fittedOn } = ensembleTable(example(['mixture-em', 'accuracy:linear']));
  expect(fittedOn).toBe('validation');
  expect(rows.map(({ fit }) => fit?.weights ?? null)).toEqual([
    null,
    null,
    [1, 0],
    [1, 0],
    [1],
    [1],
    [1],
    [1],
  ]);
  expect(rows[2]).toMatchObject({ rule: 'mixture-em', accuracy: 1 });
});

test('ensembleTable has no NLL if majority-vote excludes a label', () => {
  const { rows } = ensembleTable(example(['majority-vote']));
  // The votes of `bad`, without `good`: 0 1 0 0.
  expect(rows.find(({ without }) => without === 'good')).toMatchObject({
    nll: null,
    accuracy: 0.25,
  });
});

test('ensembleTable of one teacher has no row without it', () => {
  const input = example(['geometric']);
  const { rows } = ensembleTable({ ...input, teachers: input.teachers.slice(0, 1) });
  expect(rows.map(({ kind }) => kind)).toEqual(['teacher', 'ensemble']);
});

test('ensembleTable measures teachers that know some of the classes', () => {
  const logs = (...rows: number[]) => Float32Array.from(rows, Math.log);
  const known = [0, 1];
  const { rows, teachers, classCount } = ensembleTable({
    ...example(['arithmetic', 'accuracy:linear']),
    classCount: 3,
    labels: Int32Array.of(0, 2),
    heldOutLabels: Int32Array.of(1, 2, 2),
    teachers: [
      {
        name: 'all',
        identity: DIGEST.b,
        logits: logs(0.5, 0.3, 0.2, 0.3, 0.3, 0.4),
        heldOutLogits: logs(0.2, 0.6, 0.2, 0.6, 0.2, 0.2, 0.2, 0.2, 0.6),
      },
      {
        name: 'few',
        identity: DIGEST.c,
        logits: logs(0.8, 0.2, 0, 0.9, 0.1, 0),
        heldOutLogits: logs(0.1, 0.9, 0, 0.1, 0.9, 0, 0.9, 0.1, 0),
        knownClasses: known,
      },
    ],
  });
  expect({ classCount, known: teachers.map((t) => t.knownClasses) }).toEqual({
    classCount: 3,
    known: [undefined, known],
  });
  const [, few, both, fitted] = rows;
  expect(few).toMatchObject({ accuracy: 0.5, nll: null });
  expect(both?.nll).toBeCloseTo(nllOf(0.65 / 1.1, 0.4 / (0.6 + 0.2 + 0.4)), 6);
  // `few` is right about the one held-out sample of its classes; `all` is right about two of three.
  const [first, second] = fitted?.fit?.weights ?? [];
  expect((first ?? 0) / (second ?? 0)).toBeCloseTo(2 / 3, 12);
  const without = rows.find((row) => row.rule === 'arithmetic' && row.without === 'all');
  expect(without).toMatchObject({ accuracy: 0.5, nll: null });
});

test('chooseRules omits mixture-em when a teacher knows some of the classes, and refuses it by name', () => {
  const partial = 'few knows 2 of 3';
  expect(() => chooseRules(['mixture-em'], undefined, partial)).toThrow(
    `rule mixture-em wants teachers that know all classes, and ${partial}`,
  );
  expect(chooseRules(['all'], undefined, partial).omitted.map(({ rule }) => rule)).toEqual([
    'mixture-em',
    'mixture-em+calibrate',
  ]);
});

test('chooseRules refuses a named rule that cannot be fitted, and omits it from all', () => {
  const why = 'the validation split has no labels';
  expect(() => chooseRules(['arithmetic', 'per-class'], why)).toThrow(
    `rule per-class has to be fitted, and ${why}`,
  );
  expect(() => chooseRules(['all', 'geometric'], undefined)).toThrow(/rule "all" is not known/);
  const { rules, omitted } = chooseRules(['all'], why);
  expect(rules).toContain('entropy:ebkd');
  expect(rules).not.toContain('dawid-skene');
  expect(omitted).toContainEqual({ rule: 'dawid-skene', reason: why });
  expect(chooseRules(['all'], undefined).omitted).toEqual([]);
});
