/**
 * The shares of the votes argmax vₖ, by the teachers' weights; no temperature changes them.
 *
 * A class's votes are divided by the weight of the teachers that know the class. Where no teacher of weight above 0
 * votes, a target is equal for all classes; as logarithms the row is −∞ throughout, which figures take for no answer.
 */
import { voteFractions } from '../pooling/index.js';
import { classMask, teacherShares } from '../teachers/index.js';
import { type BatchAnswers, type Combined, constant, partlyKnown, votes } from './combined.js';
import type { EnsembleRule } from './rule.js';

export const majorityVote: EnsembleRule<{ readonly combine: 'majority-vote' }> = {
  name: 'majority-vote',
  settled: () => ({ combine: 'majority-vote' }),
  combined: (_, answers) => voted(votes(answers), answers.teacherWeights, answers),
  ofVotes: true,
  withoutShares: true,
  noStandardizing: 'has votes and no logits',
};

function voted(
  own: readonly Int32Array[],
  teacherWeights: readonly number[],
  answers: BatchAnswers,
): Combined {
  const { rowCount, classCount } = answers;
  // Called for its check of weights: below, a row without votes that count is no error.
  teacherShares(teacherWeights);
  const masks = partlyKnown(answers)?.map((known) => classMask(known, classCount));
  const all = new Float64Array(rowCount * classCount);
  const silentRows: number[] = [];
  for (let row = 0; row < rowCount; row++) {
    const cast = own.map((vote) => vote[row] as number);
    const fractions = voteFractions(cast, classCount, teacherWeights, masks);
    if (fractions === null) silentRows.push(row);
    else all.set(fractions, row * classCount);
  }
  return {
    ...constant(all),
    probabilities(_, out) {
      out.set(all);
      for (const row of silentRows) {
        out.fill(1 / classCount, row * classCount, (row + 1) * classCount);
      }
    },
  };
}
