/** The mean of the teachers' probabilities, by how well each knows the sample's label (`caMkdWeights`). */
import { caMkdWeights, caMkdWeightsOfKnown } from '../pooling/index.js';
import { partlyKnown, pooled } from './combined.js';
import type { EnsembleRule } from './rule.js';

export const caMkd: EnsembleRule<{ readonly combine: 'ca-mkd' }> = {
  name: 'ca-mkd',
  settled: () => ({ combine: 'ca-mkd' }),
  combined(_, answers) {
    const { teacherLogits, rowCount, classCount } = answers;
    const labels = answers.labels ?? new Int32Array(rowCount).fill(-1);
    const known = partlyKnown(answers);
    const shares = known
      ? caMkdWeightsOfKnown(teacherLogits, known, labels, classCount)
      : caMkdWeights(teacherLogits, labels, classCount);
    return pooled('arithmetic', answers, shares);
  },
  computesWeights: true,
  needsLabels: true,
  notEvaluated: 'looks at the label that it would be measured by',
};
