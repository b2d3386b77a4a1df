/** The ensemble that a report's ensemble row shows. Pure. */
import { type Combination, ensembleMembers, ruleOf } from '@lyceum/learning/ensemble';
import type { DistillationSpecification } from '@lyceum/learning/specification';

/**
 * Takes the arithmetic mean in place of a rule that cannot be evaluated: a rule that reads labels would see the
 * answers that it is measured by, and aekd needs a student.
 */
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
