/**
 * LeNet-5 as it is built today, with ReLU and maximum pooling: 61,706 parameters on 28 × 28 × 1, 10 classes.
 *
 * @see LeCun, Bottou, Bengio & Haffner 1998, §II.B, https://doi.org/10.1109/5.726791
 */
import { z } from 'zod';
import { section } from '../documents/index.js';
import type { Architecture } from './architecture.js';
import { needsPictures } from './fields.js';

const settings = section({
  architecture: z
    .literal('lenet')
    .describe('LeNet-5: two convolutions and three dense layers, for images.'),
});

export const lenet: Architecture<typeof settings> = {
  name: 'lenet',
  settings,
  example: '{ architecture: lenet }',
  needs: (sampleShape) => needsPictures(sampleShape, 12),
  hidden(layers, input) {
    let x = layers.conv(input, { filters: 6, size: 5, name: 'conv_1' });
    x = layers.pool(x, 'pool_1');
    x = layers.conv(x, { filters: 16, size: 5, padding: 'valid', name: 'conv_2' });
    x = layers.flatten(layers.pool(x, 'pool_2'));
    x = layers.dense(x, 120, 'dense_1');
    return layers.dense(x, 84, 'dense_2');
  },
};
