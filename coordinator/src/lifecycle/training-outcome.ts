/** Turns a student worker's report of the end of training into the outcome in the record. Pure. */
import { digestHex, LyceumError, type TrainingDone, type ValidationResult } from '@lyceum/proto';
import { finite } from '../monitoring/index.js';
import type { RunOutcome } from '../runs/index.js';

/** @throws {LyceumError} INVALID_ARGUMENT if the measurement is missing. */
export function outcomeOf(done: TrainingDone): RunOutcome {
  const { measurement, selectedValidation } = done;
  if (measurement === undefined) {
    throw new LyceumError('INVALID_ARGUMENT', 'the report of the training has no measurement');
  }
  const dataWaitingSeconds = finite(measurement.dataWaitingSeconds ?? 0);
  return {
    modelDigest: digestHex(done.modelDigest),
    logitsDigest: digestHex(done.logitsDigest),
    finalWeightsDigest: digestHex(done.finalWeightsDigest),
    selectedStep: done.selectedStep,
    ...(selectedValidation !== undefined && { selectedValidation: valuesOf(selectedValidation) }),
    parameterCount: measurement.parameterCount,
    weightBytes: measurement.weightBytes,
    latencyBatch1Ms: finite(measurement.latencyBatch1Ms),
    waitingSeconds: finite(measurement.waitingSeconds),
    ...(dataWaitingSeconds > 0 && { dataWaitingSeconds }),
  };
}

function valuesOf({ step, accuracy, nll }: ValidationResult) {
  return { step, accuracy: finite(accuracy), nll: finite(nll) };
}
