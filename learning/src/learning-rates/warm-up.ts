/** The warm-up of all schedules: step s of w takes (s + 1)/w of the schedule's value. */
import { wholeNumber } from '../documents/index.js';

export const warmupSteps = wholeNumber('a whole number, at least 0', { atLeast: 0 })
  .default(0)
  .describe('Steps over which the rate rises linearly from 0; 0, the default, is no warm-up.');

/** @returns 1 after the warm-up. */
export function warmUp(step: number, warmupSteps: number): number {
  return step < warmupSteps ? (step + 1) / warmupSteps : 1;
}
