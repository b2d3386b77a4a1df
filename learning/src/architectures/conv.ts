/** Blocks of 3 × 3 convolution, ReLU and 2 × 2 pooling, then fully connected layers. */
import { z } from 'zod';
import { list, section } from '../documents/index.js';
import type { Architecture } from './architecture.js';
import { count, needsPictures, unitsOfUpTo } from './fields.js';

const settings = section({
  architecture: z
    .literal('conv')
    .describe('3 × 3 convolutions, each with a pooling, then dense layers, for images.'),
  filters: list(count, 'a list of 1 to 8 layers’ filters', { atLeast: 1, atMost: 8 })
    .default([16, 32])
    .describe('Filters of each 3 × 3 convolution, from the input on; a pooling follows each.'),
  denseUnits: unitsOfUpTo(8)
    .default([64])
    .describe('Units of each dense layer after the convolutions; an empty list is none.'),
});

export const conv: Architecture<typeof settings> = {
  name: 'conv',
  settings,
  example: '{ architecture: conv, filters: [16, 32], denseUnits: [64] }',
  needs: (sampleShape, { filters }) => needsPictures(sampleShape, 2 ** filters.length),
  hidden(layers, input, { filters, denseUnits }) {
    const pooled = filters.reduce((x, filterCount, index) => {
      const name = `conv_${index + 1}`;
      const features = layers.conv(x, { filters: filterCount, size: 3, name });
      return layers.pool(features, `pool_${index + 1}`);
    }, input);
    return denseUnits.reduce(
      (x, units, index) => layers.dense(x, units, `dense_${index + 1}`),
      layers.flatten(pooled),
    );
  },
};
