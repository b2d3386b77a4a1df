/** What went wrong with a training, as a value that crosses threads, and back. */
import { LyceumError, StorageFullError, toLyceumError } from '@lyceum/proto';
import { NumericsChangeError } from './numerics-change.js';
import type { TrainingFailure } from './training-job.js';

export function trainingFailure(thrown: unknown): TrainingFailure {
  const err = toLyceumError(thrown);
  const { message: reason, retryable } = err;
  return {
    reason,
    retryable,
    storageFull: err instanceof StorageFullError,
    ...(err instanceof NumericsChangeError && { numericsChange: err.change }),
  };
}

export function trainingError({ reason, retryable, storageFull }: TrainingFailure): LyceumError {
  if (storageFull) return new StorageFullError(reason);
  return new LyceumError(retryable ? 'UNAVAILABLE' : 'ABORTED', reason);
}
