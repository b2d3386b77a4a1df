/** Run states by the names that people read and write, and which of them are ends. */
import { type Run, RunState, type RunStateCount } from '@lyceum/proto';

const NAMES = [
  [RunState.RUN_STATE_QUEUED, 'QUEUED'],
  [RunState.RUN_STATE_PREPARING, 'PREPARING'],
  [RunState.RUN_STATE_FITTING, 'FITTING'],
  [RunState.RUN_STATE_TRAINING, 'TRAINING'],
  [RunState.RUN_STATE_EVALUATING, 'EVALUATING'],
  [RunState.RUN_STATE_PAUSED, 'PAUSED'],
  [RunState.RUN_STATE_CANCELLING, 'CANCELLING'],
  [RunState.RUN_STATE_SUCCEEDED, 'SUCCEEDED'],
  [RunState.RUN_STATE_FAILED, 'FAILED'],
  [RunState.RUN_STATE_CANCELLED, 'CANCELLED'],
] as const;

export type RunStateName = (typeof NAMES)[number][1] | 'UNKNOWN';

export const RUN_STATES = NAMES.map(([state, name]) => ({ state, name }));

/** `UNKNOWN`: a state that only a newer coordinator knows. */
export function runStateName(run: Run): RunStateName {
  return stateName(run.state);
}

export function stateName(state: RunState): RunStateName {
  return NAMES.find(([known]) => known === state)?.[1] ?? 'UNKNOWN';
}

/** States that a request may name. */
export const RUN_STATE_NAMES: readonly RunStateName[] = NAMES.map(([, name]) => name);

/** @param name - of {@link RUN_STATE_NAMES}. */
export function runStateOf(name: RunStateName): RunState {
  return NAMES.find(([, known]) => known === name)?.[0] ?? RunState.RUN_STATE_UNSPECIFIED;
}

/** Number of runs in one of the states; no states: of all runs. */
export function runsOfStates(
  counts: readonly RunStateCount[],
  states: readonly RunState[] = [],
): number {
  return counts
    .filter(({ state }) => states.length === 0 || states.includes(state))
    .reduce((sum, { count }) => sum + count, 0);
}

/** True once the run will not change any more, unless it is retried. */
export function hasEnded(run: Run): boolean {
  return isEnd(runStateName(run));
}

export function isEnd(name: RunStateName): boolean {
  return name === 'SUCCEEDED' || name === 'FAILED' || name === 'CANCELLED';
}
