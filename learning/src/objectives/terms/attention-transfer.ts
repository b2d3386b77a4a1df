/** Where in an image a layer's features are large. Only for layers that are maps. */
import type { Scalar, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import { z } from 'zod';
import { section, wholeNumber } from '../../documents/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';
import { unitVectors } from '../losses/index.js';
import { layers, weightOf } from './fields.js';
import type { FeatureTerm } from './term.js';

/**
 * `mean_{b,hw} (Q_s − Q_t)²`, Q a sample's map `mean_c f^p` divided by its norm; a map of zeros stays zeros. The
 * larger features are first averaged to the smaller height and width.
 *
 * @param studentFeatures - [B, H, W, S].
 * @param teacherFeatures - [B, H', W', T].
 * @param power - p, a whole number above 0; the paper's 2.
 * @see Zagoruyko & Komodakis 2017, §3.1, https://arxiv.org/abs/1612.03928
 */
export function attentionTransfer(
  tf: Tf,
  studentFeatures: Tensor4D,
  teacherFeatures: Tensor4D,
  power: number,
): Scalar {
  return tf.tidy(() => {
    const height = Math.min(studentFeatures.shape[1], teacherFeatures.shape[1]);
    const width = Math.min(studentFeatures.shape[2], teacherFeatures.shape[2]);
    const student = attention(tf, averaged(tf, studentFeatures, height, width), power);
    const teacher = attention(tf, averaged(tf, teacherFeatures, height, width), power);
    return tf.mean<Scalar>(tf.square(student.sub(teacher)));
  });
}

/** Attention maps as rows of norm 1, [B, H · W]. */
function attention(tf: Tf, features: Tensor4D, power: number): Tensor2D {
  let powered = features;
  // By multiplication: tfjs's power has no gradient at negative values.
  for (let factor = 1; factor < power; factor++) powered = powered.mul(features);
  const map = tf.mean(powered, 3).reshape<Tensor2D>([features.shape[0], -1]);
  return unitVectors(tf, map, 1);
}

/** Means over windows that cover the map, `[⌊i n/m⌋, ⌈(i + 1) n/m⌉)`: they overlap where m does not divide n. */
function averaged(tf: Tf, features: Tensor4D, height: number, width: number): Tensor4D {
  const [batch, rows, columns, channels] = features.shape;
  let map = features;
  if (rows !== height) {
    const flat = map.reshape<Tensor3D>([batch, rows, columns * channels]);
    map = tf.reshape(alongRows(tf, flat, height), [batch, height, columns, channels]);
  }
  if (columns !== width) {
    const flat = map.reshape<Tensor3D>([batch * height, columns, channels]);
    map = tf.reshape(alongRows(tf, flat, width), [batch, height, width, channels]);
  }
  return map;
}

function alongRows(tf: Tf, x: Tensor3D, rowCount: number): Tensor3D {
  const [batch, from] = x.shape;
  const windows = Array.from({ length: rowCount }, (_, i) => {
    const start = Math.floor((i * from) / rowCount);
    const end = Math.ceil(((i + 1) * from) / rowCount);
    return Array.from({ length: from }, (_, j) => (j >= start && j < end ? 1 / (end - start) : 0));
  });
  const weights = tf.tile(tf.tensor3d([windows]), [batch, 1, 1]) as Tensor3D;
  return tf.matMul(weights, x);
}

const settings = section({
  term: z
    .literal('attention-transfer')
    .describe('Where in an image features are large, compared between a teacher and the student.'),
  weight: weightOf(1000),
  ...layers,
  power: wholeNumber('a whole number from 1 to 8', { atLeast: 1, atMost: 8 })
    .default(2)
    .describe('The power that features are raised to before they are averaged over channels.'),
});

export const attentionTransferTerm: FeatureTerm<typeof settings> = {
  name: 'attention-transfer',
  of: 'features',
  settings,
  refusedLayers({ guided, hint }, fitting) {
    if (guided.length === 3 && hint.length === 3) return undefined;
    const maps = fitting((shape) => shape.length === 3);
    return `attention-transfer compares maps [height, width, channels]: ${maps}; of vectors use hint or similarity-preserving`;
  },
  loss: (tf, { power }, student, teacher) =>
    attentionTransfer(tf, student as Tensor4D, teacher as Tensor4D, power),
};
