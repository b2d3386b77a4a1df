/** Which ensemble a report's row is of. Pure. */
import { type Combination, ensembleMembers, ruleOf } from '@lyceum/learning/ensemble';
import type { DistillationSpecification } from '@lyceum/learning/specification';

/** A rule that looks at labels would be given what it is measured by; aekd needs a student. */
export function rowEnsemble({ spec }: DistillationSpecification): {
  readonly teachers: readonly number[];
  readonly combination: Combination;
} {
  const { teachers, combination } = ensembleMembers(spec);
  const { calibrate } = combination;
  if (ruleOf(combination).notEvaluated === undefined) return { teachers, combination };
  return {
    teachers,
    combination: { combine: 'arithmetic', ...(calibrate === true && { calibrate }) },
  };
}
