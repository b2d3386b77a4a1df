/** A run in TRAINING, and reports of its student worker. */
import { assigned, trainingBegan } from '../../../src/lifecycle/changes/assignment-changes.js';
import type { RunRecord } from '../../../src/runs/record/run-record.js';
import { queued } from '../../runs/queued-run.js';

export const digest = 'ab'.repeat(32);
export const worker = {
  workerId: 's1',
  version: '1',
  engine: 'native',
  engineVersion: '2',
  computeThreads: 2,
  device: 'cpu',
};
export const outcome = {
  modelDigest: digest,
  logitsDigest: digest,
  finalWeightsDigest: digest,
  selectedStep: 40,
  parameterCount: 6,
  weightBytes: 24,
  latencyBatch1Ms: 1,
  waitingSeconds: 0,
};

export const failure = { reason: 'out of memory', retryable: true, storageFull: false };

export function changed(record: RunRecord | undefined): RunRecord {
  if (record === undefined) throw new Error('nothing changed');
  return record;
}

/** The session key's digest of the process that trains. */
export const KEY_DIGEST = 'c'.repeat(64);

export function training(assignmentEpoch = 1): RunRecord {
  const assignment = { workerId: 's1', assignmentEpoch, sessionKeyDigest: KEY_DIGEST };
  const preparing = changed(assigned(queued(), assignment, worker, 1_000));
  return changed(trainingBegan(preparing, assignmentEpoch, 2_000));
}
