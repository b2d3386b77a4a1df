// Changes of one run record through its student workers, and reports of former ones that are ignored.
import { describe, expect, it } from 'vitest';
import * as changes from '../../../src/lifecycle/changes/index.js';
import {
  parseRunRecord,
  type RunRecord,
  runRecordText,
} from '../../../src/runs/record/run-record.js';
import { queued } from '../../runs/queued-run.js';
import { changed, digest, failure, KEY_DIGEST, outcome, training, worker } from './training-run.js';

describe('a run with a student worker', () => {
  it('keeps every field when it is written and read', () => {
    const record = training();
    expect(parseRunRecord(runRecordText(record))).toEqual(record);
  });

  it('waits in FITTING for its rule, keeps the first fit, and counts no training time meanwhile', () => {
    const assignment = { workerId: 's1', assignmentEpoch: 1, sessionKeyDigest: KEY_DIGEST };
    const preparing = changed(changes.assigned(queued(), assignment, worker, 1_000));
    expect(changes.fitting(preparing, 2, 2_000)).toBeUndefined();
    const fitting = changed(changes.fitting(preparing, 1, 2_000));
    expect(fitting).toMatchObject({ state: 'FITTING', assignment, trainingMs: 0 });
    expect(changes.released(fitting, 1, 's1 is gone', 3_000)?.state).toBe('QUEUED');
    const fitted = changed(changes.fitted(fitting, { weights: [1] }));
    expect(changes.fitted(fitted, { weights: [0.5] })).toBeUndefined();
    expect(parseRunRecord(runRecordText(fitted))).toEqual(fitted);
    const trains = changed(changes.trainingBegan(fitted, 1, 5_000));
    expect(trains).toMatchObject({ state: 'TRAINING', trainingSinceMs: 5_000, trainingMs: 0 });
  });

  it('sums its time in TRAINING over several workers', () => {
    const released = changed(changes.released(training(), 1, 's1 is gone', 5_000));
    expect(released).toMatchObject({ state: 'QUEUED', reason: 's1 is gone', trainingMs: 3_000 });
    expect(released.assignment).toBeUndefined();
    const assignment = { workerId: 's2', assignmentEpoch: 2, sessionKeyDigest: KEY_DIGEST };
    const again = changed(
      changes.assigned(released, assignment, { ...worker, workerId: 's2' }, 6_000),
    );
    expect(again.studentWorkers.map((w) => w.workerId)).toEqual(['s1', 's2']);
    const trained = changed(
      changes.trained(
        changed(changes.trainingBegan(again, 2, 7_000)),
        2,
        outcome,
        undefined,
        9_000,
      ),
    );
    expect(trained).toMatchObject({ state: 'EVALUATING', trainingMs: 5_000, startedAtMs: 1_000 });
    const report = { reportDigest: digest, predictionsDigest: digest };
    expect(changes.succeeded(trained, report, 9_500)).toMatchObject({
      state: 'SUCCEEDED',
      endedAtMs: 9_500,
    });
  });

  it('counts no negative training time when the clock was set back', () => {
    const trained = changed(changes.trained(training(), 1, outcome, undefined, 500));
    expect(trained.trainingMs).toBe(0);
    expect(parseRunRecord(runRecordText(trained))).toEqual(trained);
  });

  it('ignores reports of a former assignment', () => {
    const record = training(2);
    expect(changes.released(record, 1, 'x', 1)).toBeUndefined();
    expect(changes.trained(record, 1, outcome, undefined, 1)).toBeUndefined();
    expect(changes.workerFailed(record, 1, { ...failure, reason: 'x' }, 1)).toBeUndefined();
    expect(changes.trainingBegan({ ...record, state: 'PREPARING' }, 1, 1)).toBeUndefined();
  });

  it('is paused after STUDENT_LOSS_LIMIT losses of its worker without a new checkpoint', () => {
    const lose = (record: RunRecord) =>
      changed(changes.workerLost(record, 1, 's1 was restarted', 1));
    const next = (record: RunRecord) =>
      changed(
        changes.trainingBegan(
          changed(
            changes.assigned(
              record,
              { workerId: 's1', assignmentEpoch: 1, sessionKeyDigest: KEY_DIGEST },
              worker,
              1,
            ),
          ),
          1,
          1,
        ),
      );
    let record = training();
    for (let n = 1; n < changes.STUDENT_LOSS_LIMIT; n++) {
      const lost = lose(record);
      expect(lost).toMatchObject({ state: 'QUEUED', reason: 's1 was restarted' });
      record = next(lost);
    }
    expect(parseRunRecord(runRecordText(record))).toEqual(record);
    const paused = lose(record);
    expect(paused.state).toBe('PAUSED');
    expect(paused.reason).toContain(
      's1 was restarted; student workers were lost 10 times in a row',
    );
    // A checkpoint or a resume resets the count; losses in FITTING do not count.
    const progress = {
      step: 1,
      epoch: 0,
      loss: 1,
      learningRate: 0.1,
      samplesPerSecond: 1,
      waitingShare: 0,
      checkpointStep: 1,
    };
    const stepped = changed(changes.checkpointed(record, 1, progress));
    expect(lose(stepped).state).toBe('QUEUED');
    expect(lose(next(changed(changes.resumed(paused, false, 1)))).state).toBe('QUEUED');
    const fitting = { ...record, state: 'FITTING' as const, trainingSinceMs: 0 };
    expect(lose(fitting)).toMatchObject({ state: 'QUEUED', studentLossCount: 9 });
    expect(changes.workerLost(training(2), 1, 'x', 1)).toBeUndefined();
  });

  it('fails after STUDENT_FAILURE_LIMIT worker failures, and at once if a failure is not retryable', () => {
    let record = training();
    for (let n = 1; n < changes.STUDENT_FAILURE_LIMIT; n++) {
      record = changed(changes.workerFailed(record, 1, failure, 1));
      expect(record.state).toBe('QUEUED');
      record = changed(
        changes.assigned(
          record,
          { workerId: 's1', assignmentEpoch: 1, sessionKeyDigest: KEY_DIGEST },
          worker,
          1,
        ),
      );
    }
    expect(changes.workerFailed(record, 1, failure, 1)?.state).toBe('FAILED');
    const final = { ...failure, reason: 'NaN', retryable: false };
    expect(changes.workerFailed(training(), 1, final, 1)).toMatchObject({
      state: 'FAILED',
      reason: 'NaN',
    });
  });

  it('is paused at once when its worker has no room to write', () => {
    const full = { reason: 'ENOSPC', retryable: true, storageFull: true };
    expect(changes.workerFailed(training(), 1, full, 1)).toMatchObject({
      state: 'PAUSED',
      reason: 'ENOSPC',
      studentFailureCount: 0,
    });
    expect(changes.workerFailed(training(2), 1, full, 1)).toBeUndefined();
  });

  it('is paused when its worker cannot read the data set', () => {
    const refused = { reason: 's3://a/b has changed', retryable: false, storageFull: false };
    const unreadable = { ...refused, setUnreadable: true };
    expect(changes.workerFailed(training(), 1, unreadable, 1)).toMatchObject({
      state: 'PAUSED',
      reason: 's3://a/b has changed; once it can be read, coordinator resume run goes on',
      studentFailureCount: 0,
    });
  });

  it('is paused when its worker cannot read a checkpoint of another build', () => {
    const refused = { reason: 'it is of another build', retryable: false, storageFull: false };
    const foreign = { ...refused, checkpointForeign: true };
    expect(changes.workerFailed(training(), 1, foreign, 1)).toMatchObject({
      state: 'PAUSED',
      reason:
        'it is of another build; with student workers of that build, coordinator resume run goes on',
      studentFailureCount: 0,
    });
  });

  it('is paused when a checkpoint has other numerics, until it is resumed with or without them', () => {
    const numericsChange = { step: 40, from: 1, to: 2 };
    const refused = { reason: 'versions differ', retryable: false, storageFull: false };
    const change = { ...refused, numericsChange };
    const paused = changed(changes.workerFailed(training(), 1, change, 1));
    expect(paused).toMatchObject({
      state: 'PAUSED',
      reason: 'versions differ; coordinator resume run --accept-numerics goes on all the same',
      numericsChange,
    });
    // A worker of the former build needs no acceptance.
    const tried = changed(changes.resumed(paused, false, 2));
    expect(tried.state).toBe('QUEUED');
    expect(tried).not.toHaveProperty('numericsChange');
    expect(tried).not.toHaveProperty('acceptedNumerics');

    const accepted = changed(changes.resumed(paused, true, 2));
    expect(accepted).not.toHaveProperty('numericsChange');
    expect(accepted.acceptedNumerics).toEqual([numericsChange]);
  });
});
