/** A term of the cluster's plugin. Only a cluster of one machine may have a plugin. */
import { z } from 'zod';
import { ownName, ownSettings, section } from '../../documents/index.js';
import { ownTerm } from '../../plugins/index.js';
import { divergence } from './fields.js';
import { type AnswerTerm, pooled } from './term.js';

const settings = section({
  term: z.literal('plugin').describe("A term of the cluster's plugin."),
  name: ownName.describe("The term's name in the cluster's plugin."),
  ...divergence,
  settings: ownSettings
    .default({})
    .describe('Numbers by name that the term is given; what they mean is its own.'),
});

export const pluginTerm: AnswerTerm<typeof settings, 'pooled'> = {
  name: 'plugin',
  of: 'answers',
  settings,
  target: pooled,
  loss: (tf, { name, temperature, settings: own }, { logits, values: target, hardLabels }) =>
    ownTerm(name).loss(tf, { logits, target, hardLabels, temperature }, own),
  ofPlugin: true,
};
