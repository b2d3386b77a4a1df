/** The geometric mean of the teachers' probabilities, by their weights (pool.ts). */
import { teacherShares } from '../teachers/index.js';
import { pooled } from './combined.js';
import type { EnsembleRule } from './rule.js';

export const geometric: EnsembleRule<{ readonly combine: 'geometric' }> = {
  name: 'geometric',
  settled: () => ({ combine: 'geometric' }),
  combined: (_, answers) => pooled('geometric', answers, teacherShares(answers.teacherWeights)),
  worthCalibrating: true,
};
