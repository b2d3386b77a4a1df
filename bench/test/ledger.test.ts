/** Ledgers and events of runs that went well, and of runs that did not. */
import { RunEvent } from '@lyceum/proto';
import { expect, test } from 'vitest';
import {
  countSteps,
  eventsRepeated,
  historyDifferences,
  replayedSteps,
} from '../src/chaos/ledger.js';

const segment = (firstStep: number, endStep: number, targetsDigest = 'right') => ({
  assignmentEpoch: 1,
  firstStep,
  endStep,
  targetsDigest,
});
const count = (...ledger: ReturnType<typeof segment>[]) => countSteps(ledger, 10, () => 'right');

test('countSteps finds no faults in segments that meet', () => {
  const sound = { stepsMissing: 0, stepsRepeated: 0, wrongTargets: 0 };
  expect(count(segment(0, 10))).toEqual(sound);
  expect(count(segment(0, 4), segment(4, 10))).toEqual(sound);
});

test('countSteps counts the steps of gaps, overlaps and wrong targets', () => {
  expect(count()).toMatchObject({ stepsMissing: 10 });
  expect(count(segment(0, 4), segment(6, 10))).toMatchObject({ stepsMissing: 2 });
  expect(count(segment(0, 4), segment(1, 10))).toMatchObject({ stepsRepeated: 3 });
  expect(count(segment(0, 4), segment(4, 10, 'wrong'))).toMatchObject({ wrongTargets: 6 });
});

const event = (kind: string, step: number) =>
  RunEvent.fromPartial({ kind, dataJson: JSON.stringify({ step }) });

test('replayedSteps counts the reported steps that a later assignment repeats', () => {
  const events = [
    event('assigned', 0),
    event('validation', 20),
    event('checkpoint', 20),
    event('validation', 35),
    event('assigned', 20),
    event('validation', 25),
    event('assigned', 40),
  ];
  expect(replayedSteps(events)).toBe(15);
});

test('eventsRepeated counts steps that are listed twice in one kind of event', () => {
  const sound = [event('validation', 20), event('checkpoint', 20), event('validation', 40)];
  expect(eventsRepeated(sound)).toBe(0);
  expect(eventsRepeated([...sound, event('assigned', 20), event('validation', 40)])).toBe(1);
  expect(eventsRepeated([...sound, event('checkpoint', 10), event('validation', 30)])).toBe(2);
});

test('historyDifferences counts different figures, except timings, and missing points', () => {
  const columns = ['loss', 'seconds', 'storeShare', 'teacher.a.latencyMs', 'teacher.a.share'];
  const history = (...means: number[][]) => ({
    columns,
    points: means.map((own, i) => ({ firstStep: i, endStep: i + 1, means: own })),
  });
  const known = [1, 2, 3, 4, Number.NaN];
  expect(historyDifferences(history(known), history([1, 9, 9, 9, Number.NaN]))).toBe(0);
  expect(historyDifferences(history(known), history([1.5, 2, 3, 4, 5]))).toBe(2);
  // A missing point counts as its steps and two figures.
  expect(historyDifferences(history(known), history(known, known))).toBe(4);
});
