/**
 * The difference of a teacher's features and the student's, which a regressor trained with the student maps to their
 * shape.
 */
import type { Scalar, Tensor } from '@tensorflow/tfjs';
import { z } from 'zod';
import { section, word } from '../../documents/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';
import { regressorPlan } from '../losses/index.js';
import { layers, weightOf } from './fields.js';
import type { FeatureTerm } from './term.js';

/**
 * `mean (r − f_t)²` over all values.
 *
 * @param regressed - the student's features after the regressor, in the teacher's shape.
 * @see Romero et al. 2015, §2.2, https://arxiv.org/abs/1412.6550
 */
function hint(tf: Tf, regressed: Tensor, teacherFeatures: Tensor): Scalar {
  return tf.tidy(() => tf.mean<Scalar>(tf.square(regressed.sub(teacherFeatures))));
}

const settings = section({
  term: z
    .literal('hint')
    .describe(
      "The squared difference of a teacher's features and the student's, mapped to their shape by a regressor that is trained along.",
    ),
  weight: weightOf(100),
  ...layers,
  activation: word('linear', 'relu')
    .default('linear')
    .describe(
      "What the regressor from the student's layer to the teacher's ends in: relu where the hint layer does.",
    ),
});

/** There is a regressor for each teacher. Regressors are not exported. */
export const hintTerm: FeatureTerm<typeof settings> = {
  name: 'hint',
  of: 'features',
  settings,
  regressor: ({ activation }) => ({ activation }),
  refusedLayers({ guided, hint }, fitting) {
    if (regressorPlan(guided, hint) !== undefined) return undefined;
    const others = fitting((shape) => regressorPlan(shape, hint) !== undefined);
    return `a regressor leads to a vector from any layer, and to a map from one of the same, half or a greater height and width: ${others}`;
  },
  loss: (tf, _, student, teacher) => hint(tf, student, teacher),
};
