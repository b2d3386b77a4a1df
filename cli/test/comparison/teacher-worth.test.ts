/** `teacherWorth`: costs and losses from a report, against arithmetic written out here. */
import type { Report } from '@lyceum/coordinator/documents';
import type { Run } from '@lyceum/proto';
import { expect, test } from 'vitest';
import {
  addPrice,
  checkWorth,
  studentLoss,
  teacherWorth,
} from '../../src/comparison/teacher-worth.js';
import { teacherWorthLines } from '../../src/printing/teacher-worth-lines.js';

const loss = (mean: number, low: number, high: number) => ({
  accuracy: 0.9 - mean,
  nll: null,
  accuracyLoss: { mean, low, high },
  nllLoss: null,
  onlyWith: 3,
  onlyWithout: 1,
  p: 0.625,
});

function report(changes: object = {}): Report {
  const measured = {
    sampleCount: 400,
    accuracy: 0.9,
    nll: null,
    teachers: [
      { name: 'good', loss: loss(0.03, 0.02, 0.04) },
      { name: 'bad', loss: loss(-0.02, -0.03, -0.01) },
      { name: 'small', loss: loss(0, -0.004, 0.004) },
    ],
  };
  const cost = (name: string, deviceSeconds: number, more: object = {}) => {
    return { name, deviceSeconds, sampleCount: 100, ...more };
  };
  return {
    runId: 'run',
    teachers: [
      { name: 'good', identity: 'g' },
      { name: 'bad', identity: 'b' },
      { name: 'small', identity: 's' },
    ],
    ensemble: { teachers: ['good', 'bad', 'small'] },
    cost: {
      studentDeviceSeconds: 9,
      teachers: [
        cost('good', 3),
        cost('bad', 36, {
          calls: { count: 13.5, inputTokens: 0, outputTokens: 0 },
          price: { amount: 0.027, currency: 'EUR' },
        }),
        cost('small', 1),
      ],
    },
    worth: { rule: 'arithmetic', test: measured, validation: null },
    ...changes,
  } as unknown as Report;
}

const RUNS = [
  ['one', 36],
  ['two', 4],
].map(
  ([runId, deviceSeconds]) =>
    ({
      runId,
      teacherIdentities: ['b'],
      cost: { studentDeviceSeconds: 1, teachers: [{ name: 'x', deviceSeconds, sampleCount: 10 }] },
    }) as unknown as Run,
);

const OPTIONS = { split: 'test', margin: 0.005, prices: [] } as const;

test('teacherWorth gives the cost of each teacher in this run and in all, and the loss without it', () => {
  const { ensemble, teachers } = teacherWorth(report(), RUNS, OPTIONS);
  expect(ensemble).toEqual({ rule: 'arithmetic', sampleCount: 400, accuracy: 0.9, nll: null });
  expect(teachers[1]).toMatchObject({
    name: 'bad',
    deviceSeconds: 36,
    timeShare: 0.9,
    calls: 13.5,
    price: { amount: 0.027, currency: 'EUR' },
    everywhere: { runCount: 2, deviceSeconds: 40, sampleCount: 20 },
    loss: { accuracyLoss: { mean: -0.02 } },
  });
  expect(teachers[0]).toMatchObject({ calls: null, price: null, everywhere: null });
});

test("addPrice sets a price an hour in the place of the teacher's own", () => {
  const prices = addPrice('good=2', addPrice('bad=1.5'));
  const { teachers } = teacherWorth(report(), RUNS, { ...OPTIONS, prices });
  expect(teachers.map(({ price }) => price?.amount)).toEqual([
    (3 / 3600) * 2,
    (36 / 3600) * 1.5,
    undefined,
  ]);
  for (const text of ['good', '=2', 'good=', 'good=-1', 'good=1e3']) {
    expect(() => addPrice(text)).toThrow(/want TEACHER=AMOUNT/);
  }
  expect(() => addPrice('good=3', prices)).toThrow(/once a teacher/);
  expect(() => checkWorth(report(), addPrice('none=1'))).toThrow(
    /has no such teacher; it has good, bad, small/,
  );
});

test('teacherWorthLines names teachers whose loss is surely below the margin, the worst first', () => {
  const text = teacherWorthLines(teacherWorth(report(), RUNS, OPTIONS));
  const said = text.filter((line) => line.includes('could be dropped'));
  expect(said).toEqual([
    "Teacher bad could be dropped at a loss of −2.00 points (−3.00 to −1.00): the ensemble is better without it. It cost 36 s of device time, 90.0 % of all teachers', 14 calls and 0.027 EUR.",
    "Teacher small could be dropped at a loss of 0.00 points (−0.40 to 0.40), below the margin of 0.50. It cost 1.0 s of device time, 2.5 % of all teachers'.",
  ]);
  expect(text.at(-1)).toMatch(/for one teacher alone/);
  // 0.4 points are not below 0.3.
  const strict = teacherWorthLines(teacherWorth(report(), RUNS, { ...OPTIONS, margin: 0.003 }));
  expect(strict.filter((line) => line.includes('could be dropped'))).toHaveLength(1);
});

test('teacherWorthLines judges by students only if the differences of the seeds vary', () => {
  const student = (low: number, high: number) => ({
    withAll: ['a', 'b'],
    without: ['c', 'd'],
    accuracyWithAll: 0.9,
    accuracy: 0.9,
    accuracyLoss: { mean: 0, low, high },
  });
  const students = [student(0, 0), student(-0.001, 0.001), student(-0.1, 0.1)];
  const lines = teacherWorthLines(teacherWorth(report(), RUNS, OPTIONS, students));
  expect(lines.filter((line) => line.startsWith('By students'))).toEqual([
    'By students bad could be dropped at a loss of 0.00 points (−0.10 to 0.10) over 2 paired seeds.',
  ]);
});

test('teacherWorth marks teachers that are the same model: dropping one of them saves nothing', () => {
  const { teachers, ...rest } = report();
  const same = teachers.map((teacher, k) => ({ ...teacher, identity: k === 0 ? 'g' : 'same' }));
  const worth = teacherWorth({ ...rest, teachers: same } as Report, [], OPTIONS);
  expect(worth.teachers.map(({ sameAs }) => sameAs)).toEqual([[], ['small'], ['bad']]);
  expect(teacherWorthLines(worth).join('\n')).toContain(
    'the ensemble is better without it. That alone saves nothing: small needs its answers.',
  );
});

test('teacherWorth gives the reason for a missing loss', () => {
  const reason = (changes: object, split: 'test' | 'validation' = 'test') => {
    const worth = teacherWorth(report(changes), [], { ...OPTIONS, split });
    return worth.teachers.map(({ loss }) => ('missing' in loss ? loss.missing : 'known'));
  };
  expect(reason({}, 'validation')[0]).toMatch(/no labels/);
  expect(reason({ worth: null })[0]).toMatch(/too many samples and classes/);
  const ensemble = { teachers: ['good'] };
  expect(reason({ worth: null, ensemble })).toEqual([
    'no other teacher is in the ensemble',
    'no term of the run combines its answers',
    'no term of the run combines its answers',
  ]);
});

test('checkWorth refuses a run of fewer than two teachers', () => {
  const check = (changes: object) => () => checkWorth(report(changes), []);
  expect(check({})).not.toThrow();
  expect(check({ worth: null })).not.toThrow();
  expect(check({ teachers: [{ name: 'good' }] })).toThrow(/run run has one teacher, good/);
  expect(check({ teachers: [] })).toThrow(/run run has no teacher;/);
});

test('studentLoss is the negated difference', () => {
  const difference = { difference: -0.01, low: -0.03, high: 0.01 };
  const arm = { ...difference, reference: ['run'], runs: ['run-without-a-seed1'] };
  const found = studentLoss(arm as never, { withAll: 0.95, without: 0.94 });
  expect(found.accuracyLoss).toEqual({ mean: 0.01, low: -0.01, high: 0.03 });
});
