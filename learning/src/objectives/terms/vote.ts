/**
 * Cross entropy to the classes that the teachers name, by `teachers[].weight`: the one term that a black box is enough
 * for.
 */
import type { Tensor2D } from '@tensorflow/tfjs';
import { z } from 'zod';
import { section, word } from '../../documents/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';
import { crossEntropy } from '../losses/index.js';
import { teachers, weight } from './fields.js';
import type { AnswerTerm } from './term.js';

/**
 * Targets from teachers that give labels only, [B, C]: `soft` the shares of the votes, `hard` the class with most
 * votes, of equal ones the first. A row without any vote is zeros: {@link crossEntropy} leaves it out.
 *
 * @param votes - int32 [B, K], class indices; −1 abstains.
 * @param teacherWeights - one a teacher; absent: all equal.
 */
export function voteTarget(
  tf: Tf,
  votes: Tensor2D,
  classCount: number,
  mode: 'soft' | 'hard',
  teacherWeights?: readonly number[],
): Tensor2D {
  return tf.tidy(() => {
    const teacherCount = votes.shape[1];
    const weights = teacherWeights ?? Array.from({ length: teacherCount }, () => 1);
    const ballots = tf.oneHot(votes.toInt(), classCount).toFloat();
    const counts = tf.sum<Tensor2D>(
      ballots.mul(tf.tensor3d([...weights], [1, teacherCount, 1])),
      1,
    );
    const total = tf.sum(counts, 1, true);
    if (mode === 'soft') return tf.divNoNan(counts, total);
    const winner = tf.oneHot(tf.argMax(counts, 1), classCount).toFloat() as Tensor2D;
    return winner.mul(tf.greater(total, 0).toFloat());
  });
}

const settings = section(
  {
    term: z
      .literal('vote')
      .describe('Cross entropy to the classes that the teachers name: all that a black box gives.'),
    weight,
    mode: word('soft', 'hard')
      .default('soft')
      .describe(
        'What the student is trained on: the shares of the votes, or the class with most, of equal ones the first.',
      ),
    teachers,
  },
  { temperature: 'changes no vote' },
);

export const voteTerm: AnswerTerm<typeof settings, 'votes'> = {
  name: 'vote',
  of: 'answers',
  settings,
  target: () => ({ kind: 'votes' }),
  loss(tf, { mode }, { logits, values, teacherWeights }) {
    const target = voteTarget(tf, values, logits.shape[1], mode, teacherWeights);
    return crossEntropy(tf, logits, target);
  },
  isOfTopK: true,
  ofVotes: true,
  ofGreatest: true,
  needsAllClasses: {
    why: 'counts every vote against all classes',
    instead: 'term: kd beside spec.ensemble.combine: majority-vote',
  },
};
