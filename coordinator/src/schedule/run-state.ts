/** The states of a run and the transitions between them. */
import { LyceumError } from '@lyceum/proto';

export const RUN_STATES = [
  'QUEUED',
  'PREPARING',
  'FITTING',
  'TRAINING',
  'EVALUATING',
  'PAUSED',
  'CANCELLING',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
] as const;

export type RunStateName = (typeof RUN_STATES)[number];

/**
 * QUEUED      waits for a student worker or for a teacher's place
 * PREPARING   a student worker has the run; data, models and teachers are being loaded
 * FITTING     the student is ready; the ensemble's rule is being fitted on the validation split
 * TRAINING    steps are taken
 * EVALUATING  the student is done; teachers' test answers and other runs of the table are awaited
 * PAUSED      something is wrong that only a person can put right; the run has no workers and asks no teacher
 * CANCELLING  workers are being released
 */
const NEXT: Readonly<Record<RunStateName, readonly RunStateName[]>> = {
  QUEUED: ['PREPARING', 'PAUSED', 'CANCELLING', 'FAILED'],
  PREPARING: ['FITTING', 'TRAINING', 'EVALUATING', 'QUEUED', 'PAUSED', 'CANCELLING', 'FAILED'],
  FITTING: ['TRAINING', 'QUEUED', 'PAUSED', 'CANCELLING', 'FAILED'],
  TRAINING: ['EVALUATING', 'QUEUED', 'PAUSED', 'CANCELLING', 'FAILED'],
  // QUEUED: answers that the student was trained on were dropped, so it trains again.
  EVALUATING: ['SUCCEEDED', 'QUEUED', 'PAUSED', 'CANCELLING', 'FAILED'],
  // EVALUATING if training had ended, else QUEUED.
  PAUSED: ['QUEUED', 'EVALUATING', 'CANCELLING'],
  CANCELLING: ['CANCELLED'],
  SUCCEEDED: [],
  // The next attempt: EVALUATING if training had ended, else QUEUED.
  FAILED: ['QUEUED', 'EVALUATING'],
  CANCELLED: ['QUEUED', 'EVALUATING'],
};

/** True in a final state: only a user's request for another attempt can change it. */
export function hasEnded(state: RunStateName): boolean {
  return state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED';
}

/** True while a student worker belongs to the run. */
export function isAssigned(state: RunStateName): boolean {
  return state === 'PREPARING' || state === 'FITTING' || state === 'TRAINING';
}

/** @throws {LyceumError} FAILED_PRECONDITION if there is no way from one state to the other. */
export function checkTransition(runId: string, from: RunStateName, to: RunStateName): void {
  if (NEXT[from].includes(to)) return;
  throw new LyceumError('FAILED_PRECONDITION', `run ${runId} is ${from} and cannot become ${to}`);
}
