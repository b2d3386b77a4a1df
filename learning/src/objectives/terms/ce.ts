/** Cross entropy to the labels of the set; samples without a label do not count. */
import { z } from 'zod';
import { section } from '../../documents/index.js';
import { crossEntropy } from '../losses/index.js';
import { weightOf } from './fields.js';
import type { LabelTerm } from './term.js';

const settings = section(
  {
    term: z
      .literal('ce')
      .describe(
        'Cross entropy to the labels of the set; samples without a label have no part in it.',
      ),
    weight: weightOf(0.1),
  },
  {
    temperature: 'belongs to term: kd',
    teachers: 'belongs to terms that ask teachers, and ce compares with the labels of the set',
  },
);

export const ceTerm: LabelTerm<typeof settings> = {
  name: 'ce',
  of: 'labels',
  settings,
  loss: (tf, _, { logits, hardLabels }) => crossEntropy(tf, logits, hardLabels),
  isOfTopK: true,
};
