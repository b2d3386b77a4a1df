// How a pause changes a run record, and how a resumed run goes on.
import { describe, expect, it } from 'vitest';
import * as changes from '../../../src/lifecycle/changes/index.js';
import {
  parseRunRecord,
  type RunRecord,
  runRecordText,
} from '../../../src/runs/record/run-record.js';
import { queued } from '../../runs/queued-run.js';
import { changed, failure, KEY_DIGEST, outcome, training, worker } from './training-run.js';

describe('a paused run', () => {
  const evaluating = (): RunRecord =>
    changed(changes.trained(training(), 1, outcome, undefined, 3_000));

  it.each([
    ['QUEUED', queued(), 'QUEUED'],
    ['TRAINING', training(), 'QUEUED'],
    ['EVALUATING', evaluating(), 'EVALUATING'],
  ] as const)('has no worker if it was %s, and can be resumed', (_, record, next) => {
    const paused = changed(changes.paused(record, 'full', 4_000));
    expect(paused).toMatchObject({ state: 'PAUSED', reason: 'full', endedAtMs: 0 });
    expect(paused.assignment).toBeUndefined();
    expect(parseRunRecord(runRecordText(paused))).toEqual(paused);
    expect(changes.resumed({ ...paused, studentFailureCount: 2 }, false, 5_000)).toMatchObject({
      state: next,
      reason: '',
      attempt: 1,
      studentFailureCount: 0,
    });
  });

  it('counts no training time, and keeps its first reason', () => {
    const paused = changed(changes.paused(training(), 'full', 5_000));
    expect(paused).toMatchObject({ trainingMs: 3_000, trainingSinceMs: 0 });
    expect(changes.paused(paused, 'poison', 6_000)).toBeUndefined();
    expect(changes.failed(paused, 'x', 6_000)).toBeUndefined();
  });

  it('ignores reports of its former worker, and cannot be assigned', () => {
    const paused = changed(changes.paused(training(), 'full', 5_000));
    expect(changes.trained(paused, 1, outcome, undefined, 6_000)).toBeUndefined();
    expect(changes.workerFailed(paused, 1, failure, 6_000)).toBeUndefined();
    const assignment = { workerId: 's2', assignmentEpoch: 2, sessionKeyDigest: KEY_DIGEST };
    expect(changes.assigned(paused, assignment, worker, 6_000)).toBeUndefined();
  });

  it('can be cancelled; a run that is being cancelled or has ended cannot be paused or resumed', () => {
    const paused = changed(changes.paused(training(), 'full', 5_000));
    const cancelling = changed(changes.cancelling(paused, 'x', 6_000));
    expect(changes.paused(cancelling, 'full', 7_000)).toBeUndefined();
    const ended = changed(changes.cancelled(cancelling, 8_000));
    expect(ended.state).toBe('CANCELLED');
    expect(changes.paused(ended, 'full', 9_000)).toBeUndefined();
    expect(changes.resumed(ended, false, 9_000)).toBeUndefined();
    expect(changes.resumed(training(), false, 9_000)).toBeUndefined();
  });
});

describe('a run that goes back', () => {
  const fit = { weights: [1] };
  const fitted = (): RunRecord => ({ ...training(), fit });
  const evaluating = (): RunRecord =>
    changed(changes.trained(fitted(), 1, outcome, undefined, 3_000));

  it.each([
    ['TRAINING', fitted()],
    ['EVALUATING', evaluating()],
  ] as const)('is QUEUED if it was %s, without an outcome', (_, record) => {
    const back = changed(changes.wentBack(record, 'answers were dropped', false, 4_000));
    expect(back).toMatchObject({ state: 'QUEUED', reason: 'answers were dropped', fit });
    expect(back.outcome).toBeUndefined();
    expect(back.assignment).toBeUndefined();
  });

  it('drops a fit that was made of the answers', () => {
    expect(changes.wentBack(fitted(), 'x', true, 4_000)).not.toHaveProperty('fit');
  });

  it('stays PAUSED, with its reason, if it was', () => {
    const paused = changed(changes.paused(evaluating(), 'full', 4_000));
    const back = changed(changes.wentBack(paused, 'x', false, 5_000));
    expect(back).toMatchObject({ state: 'PAUSED', reason: 'full' });
    expect(back.outcome).toBeUndefined();
  });

  it('does not go back once it has succeeded', () => {
    const report = { reportDigest: 'ab'.repeat(32), predictionsDigest: 'ab'.repeat(32) };
    const succeeded = changed(changes.succeeded(evaluating(), report, 4_000));
    expect(changes.wentBack(succeeded, 'x', false, 5_000)).toBeUndefined();
  });
});
