/** The failure of a training, in the form in which it is reported to the coordinator. */
import { StorageFullError, toLyceumError, UnreadableSetError } from '@lyceum/proto';
import { ForeignCheckpointError } from './foreign-checkpoint.js';
import { NumericsChangeError } from './numerics-change.js';
import type { TrainingFailure } from './training-job.js';

export function trainingFailure(thrown: unknown): TrainingFailure {
  const err = toLyceumError(thrown);
  const { message: reason, retryable } = err;
  return {
    reason,
    retryable,
    storageFull: err instanceof StorageFullError,
    ...(err instanceof UnreadableSetError && { setUnreadable: true as const }),
    ...(err instanceof ForeignCheckpointError && { checkpointForeign: true as const }),
    ...(err instanceof NumericsChangeError && { numericsChange: err.change }),
  };
}
