/** Two of three teachers are enough. Which teacher was late is decided once, and stays so whichever process dies. */
import type { Scenario } from './scenario.js';

export const quorum: Scenario = {
  name: 'quorum',
  expected: 'replay',
  spec: { ensemble: { quorum: 2, deadlineMs: 200 } },
  firstBlowAt: 0.05,
};
