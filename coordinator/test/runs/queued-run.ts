/** The record of a run in state QUEUED. */
import { checkRunSpecification, specificationDigest } from '@lyceum/learning/specification';
import { baselineRunId } from '@lyceum/proto';
import type { RunRecord } from '../../src/runs/record/run-record.js';

export function queued(): RunRecord {
  const specification = checkRunSpecification(
    {
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Distillation',
      metadata: { name: 'run' },
      spec: {
        dataset: 'digits',
        teachers: [{ name: 'one', model: 'first' }],
        labels: { count: 200 },
        student: { model: { architecture: 'mlp' }, baseline: 'train' },
        training: { epochs: 4, batchSize: 100 },
      },
    },
    'test',
  );
  return {
    runId: 'run',
    sequence: 1,
    attempt: 1,
    leaderEpoch: 1,
    state: 'QUEUED',
    reason: '',
    specification,
    specificationDigest: specificationDigest(specification),
    dataset: { digest: 'ab'.repeat(32), classCount: 10 },
    teachers: [],
    features: [],
    baselineRunId: baselineRunId('run'),
    labelledTrainCount: 200,
    plan: { sampleCount: 1_000, batchSize: 100, stepsPerEpoch: 10, stepCount: 40 },
    studentFailureCount: 0,
    studentLossCount: 0,
    submittedAtMs: 1,
    startedAtMs: 0,
    endedAtMs: 0,
    trainingSinceMs: 0,
    trainingMs: 0,
    studentWorkers: [],
    teacherWorkers: [],
  };
}
