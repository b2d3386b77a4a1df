/**
 * A run's baseline: a run of kind Training that trains the same student without teachers, on the same set and labels,
 * with the same seed and number of steps. It queues, checkpoints, resumes and is cancelled like any other run.
 */
import { stepPlan } from '@lyceum/learning/orders';
import {
  checkRunSpecification,
  type RunSpecification,
  specificationDigest,
} from '@lyceum/learning/specification';
import { baselineRunId } from '@lyceum/proto';
import { newRunRecord, type RunRecord } from './run-record.js';

/** The record of a run's own baseline, not stored yet. */
export function planBaseline(parent: RunRecord, sequence: number, nowMs: number): RunRecord {
  const runId = baselineRunId(parent.runId);
  const specification = baselineSpecification(parent);
  const { batchSize, steps } = specification.spec.training;
  const { leaderEpoch, dataset, studentModelDigest, studentModality, labelledTrainCount } = parent;
  const { sampleOrder } = parent;
  return newRunRecord({
    runId,
    sequence,
    leaderEpoch,
    specification,
    specificationDigest: specificationDigest(specification),
    parentRunId: parent.runId,
    dataset,
    teachers: [],
    features: [],
    ...(studentModelDigest !== undefined && { studentModelDigest }),
    ...(studentModality !== undefined && { studentModality }),
    labelledTrainCount,
    plan: stepPlan({ sampleCount: labelledTrainCount, batchSize, steps }),
    ...(sampleOrder !== undefined && { sampleOrder }),
    submittedAtMs: nowMs,
  });
}

/** As many steps and validations as the parent run, although an epoch of labelled samples alone may be shorter. */
function baselineSpecification({ runId, specification, plan }: RunRecord): RunSpecification {
  const { spec, metadata, apiVersion } = specification;
  const { epochs: _, ...training } = spec.training;
  const { dataset, labels, views } = spec;
  const { model, modality } = spec.student;
  const selection = {
    ...spec.selection,
    everySteps: spec.selection.everySteps ?? plan.stepsPerEpoch,
  };
  return checkRunSpecification(
    {
      apiVersion,
      kind: 'Training',
      metadata: { ...metadata, name: baselineRunId(runId) },
      spec: {
        dataset,
        labels,
        student: { model, ...(modality !== undefined && { modality }) },
        objective: [{ term: 'ce', weight: 1 }],
        ...(views !== undefined && { views }),
        training: { ...training, steps: plan.stepCount },
        selection,
      },
    },
    `the baseline of ${runId}`,
  );
}
