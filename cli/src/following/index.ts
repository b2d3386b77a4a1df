/** Follows a run: to its end, live or silently, or until it has reached a state. */
export { bottleneck } from './bottleneck.js';
export { type Following, followRun } from './follow-run.js';
export { WAIT_STATES, type WaitState } from './wait-condition.js';
export { waitForState } from './wait-for-state.js';
