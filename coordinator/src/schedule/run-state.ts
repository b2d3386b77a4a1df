/** The states of a run and the ways between them. */
import { LyceumError } from '@lyceum/proto';

export const RUN_STATES = [
  'QUEUED',
  'PREPARING',
  'TRAINING',
  'EVALUATING',
  'CANCELLING',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
] as const;

export type RunStateName = (typeof RUN_STATES)[number];

/**
 * QUEUED      waits for a student worker or for a teacher's place
 * PREPARING   a student worker has it; data, models and teachers are being loaded
 * TRAINING    steps are taken
 * EVALUATING  the student is done; teachers' test answers and other runs of the table are awaited
 * CANCELLING  workers are being released
 */
const NEXT: Readonly<Record<RunStateName, readonly RunStateName[]>> = {
  QUEUED: ['PREPARING', 'CANCELLING', 'FAILED'],
  PREPARING: ['TRAINING', 'EVALUATING', 'QUEUED', 'CANCELLING', 'FAILED'],
  TRAINING: ['EVALUATING', 'QUEUED', 'CANCELLING', 'FAILED'],
  EVALUATING: ['SUCCEEDED', 'CANCELLING', 'FAILED'],
  CANCELLING: ['CANCELLED'],
  SUCCEEDED: [],
  // The next attempt; at once into EVALUATING where training had ended.
  FAILED: ['QUEUED', 'EVALUATING'],
  CANCELLED: ['QUEUED', 'EVALUATING'],
};

/** True once nothing happens any more unless somebody asks for another attempt. */
export function hasEnded(state: RunStateName): boolean {
  return state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED';
}

/** True while a student worker belongs to the run. */
export function isAssigned(state: RunStateName): boolean {
  return state === 'PREPARING' || state === 'TRAINING';
}

/** @throws {LyceumError} FAILED_PRECONDITION if there is no way from one state to the other. */
export function checkTransition(runId: string, from: RunStateName, to: RunStateName): void {
  if (NEXT[from].includes(to)) return;
  throw new LyceumError('FAILED_PRECONDITION', `run ${runId} is ${from} and cannot become ${to}`);
}
