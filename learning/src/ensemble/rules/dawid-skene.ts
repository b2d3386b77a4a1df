/**
 * The classes behind the teachers' votes, by how each teacher errs on held-out samples (`dawidSkene`); no temperature
 * changes them. A teacher's confusions also say how it votes on samples of classes that it does not know.
 */
import { type DawidSkene, dawidSkene, dawidSkenePosterior } from '../pooling/index.js';
import { constant, unfitted, votes } from './combined.js';
import type { EnsembleRule } from './rule.js';

export const dawidSkeneRule: EnsembleRule<{ readonly combine: 'dawid-skene' }> = {
  name: 'dawid-skene',
  settled: () => ({ combine: 'dawid-skene' }),
  combined(_, answers, { priors, confusions }) {
    if (priors === undefined || confusions === undefined) throw unfitted('dawid-skene');
    const known: Pick<DawidSkene, 'priors' | 'confusions'> = {
      priors: Float64Array.from(priors),
      confusions: confusions.map((own) => Float64Array.from(own)),
    };
    return constant(dawidSkenePosterior(votes(answers), known));
  },
  computesWeights: true,
  ofVotes: true,
  withoutShares: true,
  noStandardizing: 'has votes and no logits',
  fit: {
    numberCount: (teacherCount, classCount) => classCount + teacherCount * classCount ** 2,
    find(_, { teacherLogits, labels, classCount }) {
      const own = votes({ teacherLogits, rowCount: labels.length, classCount });
      const { priors, confusions } = dawidSkene(own, classCount, { knownLabels: labels });
      return { priors: [...priors], confusions: confusions.map((confusion) => [...confusion]) };
    },
  },
};
