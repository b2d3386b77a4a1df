// A replay is compared with the run record that it repeats.
import { checkRunSpecification } from '@lyceum/learning/specification';
import { expect, test } from 'vitest';
import { isReplayOf, replayRun } from '../../src/planning/replay-run.js';
import type { RunRecord } from '../../src/runs/record/run-record.js';
import { queued } from '../runs/queued-run.js';

const request = { runId: 'again', sequence: 9, leaderEpoch: 2, nowMs: 50 };

function succeeded(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    ...queued(),
    state: 'SUCCEEDED',
    attempt: 3,
    submittedAtMs: 7,
    endedAtMs: 40,
    trainingMs: 12,
    fit: { weights: [1] },
    report: { reportDigest: 'cd'.repeat(32), predictionsDigest: 'ef'.repeat(32) },
    ...changes,
  };
}

test('replayRun copies what the run was pinned to and its fit, but no progress and no report', () => {
  const source = succeeded();
  const replay = replayRun(source, request);
  const { specification, specificationDigest, dataset, teachers, plan, fit } = source;
  expect(replay).toMatchObject({
    specification,
    specificationDigest,
    dataset,
    teachers,
    plan,
    fit,
  });
  expect(replay).toMatchObject({
    runId: 'again',
    sequence: 9,
    leaderEpoch: 2,
    state: 'QUEUED',
    attempt: 1,
    submittedAtMs: 50,
    endedAtMs: 0,
    trainingMs: 0,
    replayOf: { runId: 'run', submittedAtMs: 7 },
    // The replay gets its own baseline, as the specification says.
    baselineRunId: 'again-alone',
  });
  expect(replay.report).toBeUndefined();
});

test('isReplayOf is true for the repeated run, and false for another run of the same id', () => {
  const replay = replayRun(succeeded(), request);
  expect(isReplayOf(replay, succeeded())).toBe(true);
  expect(isReplayOf(replay, succeeded({ submittedAtMs: 8 }))).toBe(false);
  expect(isReplayOf(succeeded(), succeeded())).toBe(false);
});

test('replayRun refuses a run that did not succeed or has no teachers', () => {
  expect(() => replayRun(succeeded({ state: 'FAILED' }), request)).toThrow(
    'run run is FAILED; only a run that SUCCEEDED can be replayed',
  );
  const specification = checkRunSpecification(
    {
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Training',
      metadata: { name: 'run' },
      spec: { dataset: 'digits', student: { model: { architecture: 'mlp' } } },
    },
    'test',
  );
  expect(() => replayRun(succeeded({ specification }), request)).toThrow(
    'run run asks no teachers: submit its specification again instead',
  );
});
