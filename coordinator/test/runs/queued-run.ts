/** The record of a run in state QUEUED, and specifications of runs. */
import {
  checkRunSpecification,
  type DistillationSpecification,
  specificationDigest,
} from '@lyceum/learning/specification';
import { baselineRunId } from '@lyceum/proto';
import type { RunRecord } from '../../src/runs/record/run-record.js';

/** A checked specification of a distillation with one teacher. @param spec - replaces parts of it, or adds to it. */
export function distillationOf(spec: object): DistillationSpecification {
  const document = {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Distillation',
    metadata: { name: 'run' },
    spec: {
      dataset: 'digits',
      teachers: [{ name: 'one', model: 'first' }],
      student: { model: { architecture: 'mlp' } },
      ...spec,
    },
  };
  return checkRunSpecification(document, 'test') as DistillationSpecification;
}

export function queued(): RunRecord {
  const specification = distillationOf({
    labels: { count: 200 },
    student: { model: { architecture: 'mlp' }, baseline: 'train' },
    training: { epochs: 4, batchSize: 100 },
  });
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
