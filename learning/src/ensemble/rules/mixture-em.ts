/** The mean of the teachers' probabilities, by the weights that make held-out labels most likely (`mixtureWeights`). */
import { crossEntropies, mixtureWeights } from '../pooling/index.js';
import { pooledByFit } from './combined.js';
import type { EnsembleRule } from './rule.js';

export const mixtureEm: EnsembleRule<{ readonly combine: 'mixture-em' }> = {
  name: 'mixture-em',
  settled: () => ({ combine: 'mixture-em' }),
  combined: (_, answers, fit) => pooledByFit('mixture-em', answers, fit),
  computesWeights: true,
  needsAllClasses: true,
  isOfTopK: true,
  worthCalibrating: true,
  fit: {
    ofAllTogether: true,
    numberCount: (teacherCount) => teacherCount,
    find(_, { teacherLogits, labels, classCount }) {
      const teacherCount = teacherLogits.length;
      const losses = crossEntropies(teacherLogits, labels, classCount);
      const probabilities = teacherLogits.map((_logits, k) =>
        Float64Array.from(labels, (_label, row) =>
          Math.exp(-(losses[row * teacherCount + k] as number)),
        ),
      );
      return { weights: [...mixtureWeights(probabilities)] };
    },
  },
  refusedTerm({ ownCount, teacherCount }) {
    if (ownCount === teacherCount) return undefined;
    const message = (rule: string) =>
      `want all teachers beside ${rule}, which is fitted to all together; leave it out, or combine by accuracy`;
    return { at: 'teachers', message };
  },
};
