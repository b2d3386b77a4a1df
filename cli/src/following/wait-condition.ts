/** Whether waiting for a state of a run is over, or in vain. Pure. */
import { isEnd, type RunStateName } from '../client/index.js';

/** The states of a run that succeeds, in order; some runs skip states. */
const WAY = ['QUEUED', 'PREPARING', 'FITTING', 'TRAINING', 'EVALUATING', 'SUCCEEDED'] as const;

/** `ENDED` means any end. */
export const WAIT_STATES = [
  ...WAY,
  'PAUSED',
  'CANCELLING',
  'CANCELLED',
  'FAILED',
  'ENDED',
] as const;

export type WaitState = (typeof WAIT_STATES)[number];

export type WaitVerdict = 'met' | 'not yet' | 'never';

/**
 * Later states on the way to SUCCEEDED also count: a short state may pass between two looks.
 *
 * `never`: the run has ended, or is being cancelled, and would first have to be retried.
 */
export function waitVerdict(now: RunStateName, wanted: WaitState): WaitVerdict {
  const way: readonly string[] = WAY;
  const goal = way.indexOf(wanted);
  if (now === wanted || (goal >= 0 && way.indexOf(now) > goal)) return 'met';
  if (wanted === 'ENDED') return isEnd(now) ? 'met' : 'not yet';
  if (now === 'CANCELLED' && wanted === 'CANCELLING') return 'met';
  if (now === 'CANCELLING' && wanted === 'CANCELLED') return 'not yet';
  return isEnd(now) || now === 'CANCELLING' ? 'never' : 'not yet';
}
