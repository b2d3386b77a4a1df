/**
 * How a run combines its teachers: the rules with their settings. What each computes is in `@lyceum/learning/ensemble`.
 */
import { listed, section, word } from './document-schema.js';
import type { Problem } from './errors.js';

/** Rules that weigh teachers by `teachers[].weight`. */
const GIVEN_WEIGHTS = ['arithmetic', 'geometric', 'mean-logit', 'majority-vote'] as const;
/** Rules that find the teachers' weights themselves. */
const OWN_WEIGHTS = ['entropy', 'ca-mkd'] as const;

/** Of the rules that have several; the first is the default. */
const WEIGHTINGS: Readonly<Record<string, readonly [Weighting, ...Weighting[]]>> = {
  entropy: ['ebkd', 'softmax', 'inverse', 'greatest', 'margin'],
};
const weighting = word('ebkd', 'softmax', 'inverse', 'greatest', 'margin');
type Weighting = 'ebkd' | 'softmax' | 'inverse' | 'greatest' | 'margin';

const rule = word(...GIVEN_WEIGHTS, ...OWN_WEIGHTS);

export const ensemble = section({
  /**
   * `arithmetic`, `geometric`: means of the teachers' probabilities, by their weights. `mean-logit`: of their logits,
   * which is geometric. `majority-vote`: the shares of the teachers' votes. `entropy`: arithmetic, by how certain each
   * teacher is of the sample. `ca-mkd`: arithmetic, by how well each teacher knows the sample's label.
   */
  combine: rule.default('arithmetic'),
  /** Of `entropy` only; what makes a teacher certain. */
  weighting: weighting.optional(),
  quorum: word('all').default('all'),
}).transform((settings) => {
  const [first] = WEIGHTINGS[settings.combine] ?? [];
  return first === undefined || settings.weighting !== undefined
    ? settings
    : { ...settings, weighting: first };
});

/** What must hold between a run's rule, its settings and its teachers. */
export function ensembleProblems(ensemble: Mapping, teachers: readonly Mapping[]): Problem[] {
  const problems: Problem[] = [];
  const { combine = 'arithmetic', weighting } = ensemble;
  const allowed = WEIGHTINGS[String(combine)];
  if (weighting !== undefined && rule.safeParse(combine).success) {
    const path = 'spec.ensemble.weighting';
    if (allowed === undefined) {
      const having = listed(Object.keys(WEIGHTINGS));
      const message = `belongs to combine: ${having}, and spec.ensemble.combine is ${String(combine)}`;
      problems.push({ path, message });
    }
  }
  if ((OWN_WEIGHTS as readonly unknown[]).includes(combine)) {
    for (const [index, { weight = 1 }] of teachers.entries()) {
      if (weight === 1) continue;
      problems.push({
        path: `spec.teachers[${index}].weight`,
        message: `has no say beside spec.ensemble.combine: ${String(combine)}, which computes the weights; leave it out, or combine by ${listed(GIVEN_WEIGHTS)}`,
      });
    }
  }
  return problems;
}

type Mapping = Readonly<Record<string, unknown>>;
