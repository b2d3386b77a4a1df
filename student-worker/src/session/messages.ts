/** Converts events of the compute thread to messages for the coordinator. Pure. */
import { digestBytes, StepProgress, TrainingDone, TrainingFailed } from '@lyceum/proto';
import type { TrainingFailure, TrainingProgress, TrainingResult } from '../job/index.js';
import type { AssignmentKey } from './decision.js';

export function progressReport(
  { runId, assignmentEpoch }: AssignmentKey,
  progress: TrainingProgress,
  checkpointStep: number,
): StepProgress {
  return StepProgress.fromPartial({ ...progress, runId, assignmentEpoch, checkpointStep });
}

export function doneReport(
  { runId, assignmentEpoch }: AssignmentKey,
  result: TrainingResult,
): TrainingDone {
  return TrainingDone.fromPartial({
    runId,
    assignmentEpoch,
    modelDigest: digestBytes(result.modelDigest),
    logitsDigest: digestBytes(result.logitsDigest),
    finalWeightsDigest: digestBytes(result.finalWeightsDigest),
    measurement: result.measurement,
    selectedStep: result.selectedStep,
    ...(result.selectedValidation === undefined
      ? {}
      : { selectedValidation: result.selectedValidation }),
  });
}

export function failedReport(
  { runId, assignmentEpoch }: AssignmentKey,
  failure: TrainingFailure,
): TrainingFailed {
  return TrainingFailed.fromPartial({ runId, assignmentEpoch, ...failure });
}

/** @param why - the coordinator's message. */
export function lostReport({ runId, assignmentEpoch }: AssignmentKey, why: string): TrainingFailed {
  const reason = `the assignment was lost: ${why}`;
  return TrainingFailed.fromPartial({
    runId,
    assignmentEpoch,
    reason,
    retryable: true,
    assignmentLost: true,
  });
}
