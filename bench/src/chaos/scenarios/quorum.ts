/** Two of three teachers are enough: who was late is decided once, and stands whoever dies. */
import type { Scenario } from './scenario.js';

export const quorum: Scenario = {
  name: 'quorum',
  expected: 'replay',
  spec: { ensemble: { quorum: 2, deadlineMs: 200 } },
  firstBlowAt: 0.05,
};
