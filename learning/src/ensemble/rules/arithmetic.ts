/** The mean of the teachers' probabilities, by their weights (pool.ts). */
import { teacherShares } from '../teachers/index.js';
import { pooled } from './combined.js';
import type { EnsembleRule } from './rule.js';

export const arithmetic: EnsembleRule<{ readonly combine: 'arithmetic' }> = {
  name: 'arithmetic',
  settled: () => ({ combine: 'arithmetic' }),
  combined: (_, answers) => pooled('arithmetic', answers, teacherShares(answers.teacherWeights)),
  isOfTopK: true,
  worthCalibrating: true,
};
