/**
 * Weights and temperatures are fitted first, to answers about the validation split. Some blows fall during the fit.
 */
import type { Scenario } from './scenario.js';

export const fitted: Scenario = {
  name: 'fitted',
  expected: 'undisturbed',
  spec: { ensemble: { combine: 'mixture-em', calibrate: true } },
  // Three in ten blows fall before the first step.
  firstBlowAt: -0.4,
};
