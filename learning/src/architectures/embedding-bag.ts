/**
 * The sum of one vector for each number of a sample, times that number. For an encoded text these are the vectors of
 * its n-grams, looked up and added, which is a fully connected layer without bias. Then layers with ReLU, if any.
 *
 * @see Joulin, Grave, Bojanowski & Mikolov 2017, §2, https://arxiv.org/abs/1607.01759
 */
import { z } from 'zod';
import { section } from '../documents/index.js';
import type { Architecture } from './architecture.js';
import { count, unitsOfUpTo } from './fields.js';

const settings = section({
  architecture: z
    .literal('embedding-bag')
    .describe('A vector for each number of a flat sample, summed: for texts as n-grams.'),
  dimension: count
    .default(64)
    .describe(
      'Length of the vector that stands for each number of a flat sample: for each n-gram of a text.',
    ),
  hiddenUnits: unitsOfUpTo(16)
    .default([])
    .describe(
      'Units of each layer between the sum of vectors and the logits; the default, an empty list, is none.',
    ),
});

export const embeddingBag: Architecture<typeof settings> = {
  name: 'embedding-bag',
  settings,
  example: '{ architecture: embedding-bag, dimension: 64 }',
  needs: ({ length }) => (length === 1 ? undefined : 'flat samples, of texts above all'),
  hidden: (layers, input, { dimension, hiddenUnits }) =>
    hiddenUnits.reduce(
      (x, units, index) => layers.dense(x, units, `dense_${index + 1}`),
      layers.embedding(input, dimension),
    ),
};
