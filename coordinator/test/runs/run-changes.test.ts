// The life of one record, change by change, and the changes that must not happen.
import { describe, expect, it } from 'vitest';
import { replayRun } from '../../src/planning/replay-run.js';
import { planBaseline } from '../../src/runs/baseline-run.js';
import * as changes from '../../src/runs/run-changes.js';
import { parseRunRecord, type RunRecord, runRecordText } from '../../src/runs/run-record.js';
import { queued } from './queued-run.js';

const digest = 'ab'.repeat(32);
const worker = {
  workerId: 's1',
  version: '1',
  engine: 'native',
  engineVersion: '2',
  computeThreads: 2,
  device: 'cpu',
};
const outcome = {
  modelDigest: digest,
  logitsDigest: digest,
  finalWeightsDigest: digest,
  selectedStep: 40,
  parameterCount: 6,
  weightBytes: 24,
  latencyBatch1Ms: 1,
  waitingSeconds: 0,
};

const failure = { reason: 'out of memory', retryable: true, storageFull: false };

function changed(record: RunRecord | undefined): RunRecord {
  if (record === undefined) throw new Error('nothing changed');
  return record;
}

function training(assignmentEpoch = 1): RunRecord {
  const assignment = { workerId: 's1', assignmentEpoch };
  const preparing = changed(changes.assigned(queued(), assignment, worker, 1_000));
  return changed(changes.trainingBegan(preparing, assignmentEpoch, 2_000));
}

describe('a run record', () => {
  it('survives being written and read, every field', () => {
    const record = training();
    expect(parseRunRecord(runRecordText(record))).toEqual(record);
  });

  it('waits in FITTING for its rule, keeps the fit, and loses no time of training by it', () => {
    const assignment = { workerId: 's1', assignmentEpoch: 1 };
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

  it('counts the time in TRAINING, over losses of its worker', () => {
    const released = changed(changes.released(training(), 1, 's1 is gone', 5_000));
    expect(released).toMatchObject({ state: 'QUEUED', reason: 's1 is gone', trainingMs: 3_000 });
    expect(released.assignment).toBeUndefined();
    const assignment = { workerId: 's2', assignmentEpoch: 2 };
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

  it('keeps how many calls canaries of each teacher took, which never become fewer', () => {
    const paid = changed(changes.canariesPaid(training(), 'box', 128));
    expect(changes.canariesPaid(paid, 'box', 128)).toBeUndefined();
    const more = changed(
      changes.canariesPaid(changed(changes.canariesPaid(paid, 'other', 40)), 'box', 256),
    );
    expect(more.canaryCalls).toEqual({ box: 256, other: 40 });
    expect(parseRunRecord(runRecordText(more))).toEqual(more);
  });

  it('takes no word from a former owner', () => {
    const record = training(2);
    expect(changes.released(record, 1, 'x', 1)).toBeUndefined();
    expect(changes.trained(record, 1, outcome, undefined, 1)).toBeUndefined();
    expect(changes.workerFailed(record, 1, { ...failure, reason: 'x' }, 1)).toBeUndefined();
    expect(changes.trainingBegan({ ...record, state: 'PREPARING' }, 1, 1)).toBeUndefined();
  });

  it('fails after some failures of workers in a row, at once where trying again is no use', () => {
    let record = training();
    for (let n = 1; n < changes.STUDENT_FAILURE_LIMIT; n++) {
      record = changed(changes.workerFailed(record, 1, failure, 1));
      expect(record.state).toBe('QUEUED');
      record = changed(changes.assigned(record, { workerId: 's1', assignmentEpoch: 1 }, worker, 1));
    }
    expect(changes.workerFailed(record, 1, failure, 1)?.state).toBe('FAILED');
    const final = { ...failure, reason: 'NaN', retryable: false };
    expect(changes.workerFailed(training(), 1, final, 1)).toMatchObject({
      state: 'FAILED',
      reason: 'NaN',
    });
  });

  it('is tried again from its checkpoint, or from its evaluation where training had ended', () => {
    const failed = changed(changes.failed(training(), 'x', 3_000));
    expect(changes.retried(failed, 4_000)).toMatchObject({
      state: 'QUEUED',
      attempt: 2,
      endedAtMs: 0,
    });
    const late = changed(
      changes.failed(changed(changes.trained(training(), 1, outcome, undefined, 1)), 'x', 2),
    );
    expect(changes.retried(late, 4_000).state).toBe('EVALUATING');
    expect(() => changes.retried(training(), 1)).toThrow('run run is TRAINING');
  });

  it('is cancelled once, and not after its end', () => {
    const cancelling = changed(changes.cancelling(training(), 'x', 3_000));
    expect(cancelling.assignment).toEqual({ workerId: 's1', assignmentEpoch: 1 });
    expect(changes.cancelling(cancelling, 'x', 3_001)).toBeUndefined();
    expect(changes.failed(cancelling, 'x', 3_002)).toBeUndefined();
    const cancelled = changed(changes.cancelled(cancelling, 4_000));
    expect(cancelled).toMatchObject({ state: 'CANCELLED', endedAtMs: 4_000 });
    expect(cancelled.assignment).toBeUndefined();
    expect(() => changes.cancelling(cancelled, 'x', 1)).toThrow('has ended');
  });
});

describe('a pause', () => {
  const evaluating = (): RunRecord =>
    changed(changes.trained(training(), 1, outcome, undefined, 3_000));

  it.each([
    ['QUEUED', queued(), 'QUEUED'],
    ['TRAINING', training(), 'QUEUED'],
    ['EVALUATING', evaluating(), 'EVALUATING'],
  ] as const)('takes the worker from a run that is %s, and lets it go on', (_, record, next) => {
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

  it('counts no time of training, and keeps its first reason', () => {
    const paused = changed(changes.paused(training(), 'full', 5_000));
    expect(paused).toMatchObject({ trainingMs: 3_000, trainingSinceMs: 0 });
    expect(changes.paused(paused, 'poison', 6_000)).toBeUndefined();
    expect(changes.failed(paused, 'x', 6_000)).toBeUndefined();
  });

  it('takes no word of the worker that had the run, and no worker', () => {
    const paused = changed(changes.paused(training(), 'full', 5_000));
    expect(changes.trained(paused, 1, outcome, undefined, 6_000)).toBeUndefined();
    expect(changes.workerFailed(paused, 1, failure, 6_000)).toBeUndefined();
    const assignment = { workerId: 's2', assignmentEpoch: 2 };
    expect(changes.assigned(paused, assignment, worker, 6_000)).toBeUndefined();
  });

  it('follows a worker without room to write at once, but not the word of a former owner', () => {
    const full = { reason: 'ENOSPC', retryable: true, storageFull: true };
    expect(changes.workerFailed(training(), 1, full, 1)).toMatchObject({
      state: 'PAUSED',
      reason: 'ENOSPC',
      studentFailureCount: 0,
    });
    expect(changes.workerFailed(training(2), 1, full, 1)).toBeUndefined();
  });

  it('waits for somebody to decide where a checkpoint has other numerics', () => {
    const numericsChange = { step: 40, from: 1, to: 2 };
    const refused = { reason: 'versions differ', retryable: false, storageFull: false };
    const change = { ...refused, numericsChange };
    const paused = changed(changes.workerFailed(training(), 1, change, 1));
    expect(paused).toMatchObject({
      state: 'PAUSED',
      reason: 'versions differ; coordinator resume run --accept-numerics goes on all the same',
      numericsChange,
    });
    // With the former build back, nothing has to be accepted.
    const tried = changed(changes.resumed(paused, false, 2));
    expect(tried.state).toBe('QUEUED');
    expect(tried).not.toHaveProperty('numericsChange');
    expect(tried).not.toHaveProperty('acceptedNumerics');

    const accepted = changed(changes.resumed(paused, true, 2));
    expect(accepted).not.toHaveProperty('numericsChange');
    expect(accepted.acceptedNumerics).toEqual([numericsChange]);
  });

  it('ends by cancelling too, and is none of a run that has ended', () => {
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

it('what a student sees goes with it: to its baseline and to a replay', () => {
  const run = { ...queued(), studentModality: 'sound' };
  const replay = { runId: 'again', sequence: 2, leaderEpoch: 1, nowMs: 10 };
  expect(planBaseline(run, 2, 10).studentModality).toBe('sound');
  expect(replayRun({ ...run, state: 'SUCCEEDED' }, replay).studentModality).toBe('sound');
});

describe('a baseline', () => {
  it('takes as many steps on the labels alone, and looks at validation as often', () => {
    const record = planBaseline(queued(), 2, 10);
    expect(record).toMatchObject({
      runId: 'run-alone',
      parentRunId: 'run',
      plan: { sampleCount: 200, batchSize: 100, stepsPerEpoch: 2, stepCount: 40 },
      specification: {
        kind: 'Training',
        metadata: { name: 'run-alone' },
        spec: {
          labels: { count: 200, seed: 1 },
          training: { steps: 40, seed: 1 },
          selection: { everySteps: 10 },
          objective: [{ term: 'ce', weight: 1 }],
        },
      },
    });
    expect(record.specification.spec.training.epochs).toBeUndefined();
    expect(parseRunRecord(runRecordText(record))).toEqual(record);
  });
});
