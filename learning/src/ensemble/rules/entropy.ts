/** The mean of the teachers' probabilities, by how certain each teacher is on the sample (`confidenceWeights`). */
import { type ConfidenceWeighting, confidenceWeights } from '../pooling/index.js';
import { pooled } from './combined.js';
import { type EnsembleRule, wordOf } from './rule.js';

const WEIGHTINGS = ['ebkd', 'softmax', 'inverse', 'greatest', 'margin'] as const;

export const entropy: EnsembleRule<{
  readonly combine: 'entropy';
  readonly weighting: ConfidenceWeighting;
}> = {
  name: 'entropy',
  settled: ({ weighting }) => ({ combine: 'entropy', weighting: wordOf(WEIGHTINGS, weighting) }),
  combined({ weighting }, answers) {
    const { teacherLogits, rowCount, classCount } = answers;
    const shares = confidenceWeights(weighting, teacherLogits, rowCount, classCount);
    return pooled('arithmetic', answers, shares);
  },
  weightings: [...WEIGHTINGS],
  computesWeights: true,
  worthCalibrating: true,
};
