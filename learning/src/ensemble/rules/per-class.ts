/**
 * Each class by the teachers that recognise it on held-out samples (`poolPerClass`). A teacher has weight 0 in classes
 * that it does not know.
 */
import type { Values } from '../../arrays/index.js';
import { poolPerClass } from '../pooling/index.js';
import { classMask } from '../teachers/index.js';
import { type Combined, standardized, unfitted, votes, withLogarithms } from './combined.js';
import type { EnsembleRule } from './rule.js';

export const perClass: EnsembleRule<{ readonly combine: 'per-class' }> = {
  name: 'per-class',
  settled: () => ({ combine: 'per-class' }),
  combined(_, answers, { classWeights }) {
    if (classWeights === undefined) throw unfitted('per-class');
    const { teacherLogits, rowCount, classCount } = answers;
    const poolOf = (logits: readonly Values[]): Combined =>
      withLogarithms((temperature, out) =>
        poolPerClass(temperature, logits, classWeights, rowCount, classCount, out),
      );
    return { ...poolOf(teacherLogits), standardized: () => poolOf(standardized(answers)) };
  },
  computesWeights: true,
  withoutShares: true,
  isOfTopK: true,
  fit: {
    numberCount: (teacherCount, classCount) => teacherCount * classCount,
    find(_, { teacherLogits, labels, classCount, knownClasses }) {
      const own = votes({ teacherLogits, rowCount: labels.length, classCount });
      const classWeights = own.map((vote, k) => {
        const mask = classMask(knownClasses[k], classCount);
        return smoothedRecalls(vote, labels, classCount).map((recall, c) =>
          mask[c] === 1 ? recall : 0,
        );
      });
      return { classWeights };
    },
  },
};

/** (right + 1) / (rows + 2) of each class, [C]: a class with few rows gets neither 0 nor 1. */
function smoothedRecalls(vote: Int32Array, labels: Int32Array, classCount: number): number[] {
  const right = new Array<number>(classCount).fill(1);
  const all = new Array<number>(classCount).fill(2);
  for (const [row, label] of labels.entries()) {
    all[label] = (all[label] as number) + 1;
    if (vote[row] === label) right[label] = (right[label] as number) + 1;
  }
  return right.map((count, c) => count / (all[c] as number));
}
