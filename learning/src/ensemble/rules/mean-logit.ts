/** softmax(Σₖ aₖ vₖ/τ), aₖ the teachers' shares: the geometric mean by another name, since answers are finite. */
import { geometric } from './geometric.js';
import type { EnsembleRule } from './rule.js';

export const meanLogit: EnsembleRule<{ readonly combine: 'mean-logit' }> = {
  name: 'mean-logit',
  settled: () => ({ combine: 'mean-logit' }),
  combined: (_, answers, fit) => geometric.combined({ combine: 'geometric' }, answers, fit),
  equals: 'geometric',
};
