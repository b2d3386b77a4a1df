/** Fully connected layers with ReLU, each followed by dropout where its rate is above 0. */
import { z } from 'zod';
import { number, section } from '../documents/index.js';
import type { Architecture } from './architecture.js';
import { unitsOfUpTo } from './fields.js';

const settings = section({
  architecture: z.literal('mlp').describe('Dense layers, for any input.'),
  hiddenUnits: unitsOfUpTo(16)
    .default([30, 30])
    .describe('Units of each hidden layer, from the input on; an empty list is none.'),
  dropout: number('a number, at least 0 and less than 1', { atLeast: 0, below: 1 })
    .default(0)
    .describe("Share of each hidden layer's units that are dropped in training, in [0, 1)."),
});

export const mlp: Architecture<typeof settings> = {
  name: 'mlp',
  settings,
  example: '{ architecture: mlp, hiddenUnits: [30, 30] }',
  hidden: (layers, input, { hiddenUnits, dropout }) =>
    hiddenUnits.reduce((x, units, index) => {
      const hidden = layers.dense(x, units, `dense_${index + 1}`);
      return dropout === 0 ? hidden : layers.dropout(hidden, dropout, `dropout_${index + 1}`);
    }, layers.flatten(input)),
};
