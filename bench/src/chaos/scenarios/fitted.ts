/** Weights and temperatures are fitted to answers about the validation split first, and blows fall there too. */
import type { Scenario } from './scenario.js';

export const fitted: Scenario = {
  name: 'fitted',
  expected: 'undisturbed',
  spec: { ensemble: { combine: 'mixture-em', calibrate: true } },
  // Three in ten before the first step.
  firstBlowAt: -0.4,
};
