/**
 * The mean of the teachers' distributions by weights that are computed anew in each step: those that make the mean of
 * kd's gradients shortest. They need the student's logits, so the student computes them: see
 * objectives/losses/adaptive-weights.ts. Du et al. 2020.
 */
import { LyceumError } from '@lyceum/proto';
import { number } from '../../documents/index.js';
import type { EnsembleRule } from './rule.js';

/** 3^8 systems are solved in each step. */
export const AEKD_MAX_TEACHERS = 8;

/** Values of `spec.ensemble.bound`. */
export const aekdBound = number('a number greater than 0, at most 1', { above: 0, atMost: 1 });
const DEFAULT_BOUND = 0.6;

export const aekd: EnsembleRule<{ readonly combine: 'aekd'; readonly bound: number }> = {
  name: 'aekd',
  settled: ({ bound = DEFAULT_BOUND }) => ({ combine: 'aekd', bound }),
  combined() {
    throw new LyceumError('INVALID_ARGUMENT', "aekd weighs teachers by the student's gradients");
  },
  computesWeights: true,
  noStandardizing: 'takes gradients of plain logits',
  needsAllClasses: true,
  inStudent: true,
  refusedTerm({ name, ofEachTeacher, ownCount }) {
    if (!ofEachTeacher) {
      const message = (rule: string) =>
        `${rule} weighs teachers by the gradients of kd; use term: kd, or combine by arithmetic for ${name}`;
      return { at: 'term', message };
    }
    if (ownCount <= AEKD_MAX_TEACHERS) return undefined;
    const message = (rule: string) =>
      `${rule} is for at most ${AEKD_MAX_TEACHERS} teachers a term, and these are ${ownCount}; name fewer in teachers, or combine by arithmetic`;
    return { at: 'teachers', message };
  },
  notEvaluated: "looks at the student's gradients, and there is no student yet",
};
