/** The mean of the teachers' probabilities, by their accuracies on held-out samples (`accuracyWeights`). */
import { accuracy as accuracyOf } from '../metrics/index.js';
import { type AccuracyWeighting, accuracyWeights } from '../pooling/index.js';
import { pooledByFit } from './combined.js';
import { type EnsembleRule, wordOf } from './rule.js';

const WEIGHTINGS = ['linear', 'softmax', 'log-odds'] as const;

export const accuracy: EnsembleRule<{
  readonly combine: 'accuracy';
  readonly weighting: AccuracyWeighting;
}> = {
  name: 'accuracy',
  settled: ({ weighting }) => ({ combine: 'accuracy', weighting: wordOf(WEIGHTINGS, weighting) }),
  combined: (_, answers, fit) => pooledByFit('accuracy', answers, fit),
  weightings: [...WEIGHTINGS],
  computesWeights: true,
  isOfTopK: true,
  fit: {
    ofEachTeacher: true,
    numberCount: (teacherCount) => teacherCount,
    find({ weighting }, { teacherLogits, knownClasses, classCount, onKnown }) {
      const accuracies = teacherLogits.map((_, k) => onKnown(accuracyOf, k));
      const classCounts = teacherLogits.map((_, k) => knownClasses[k]?.length ?? classCount);
      return { weights: [...accuracyWeights(weighting, accuracies, classCounts)] };
    },
  },
};
