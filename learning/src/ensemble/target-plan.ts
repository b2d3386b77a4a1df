/**
 * The target plan: from a run's terms and rule to the tensors that each batch needs, and from the teachers'
 * answers to those tensors. Pure, and the one place where coordinator and student agree on names.
 *
 * Tempered pools depend on each term's temperature, hence one pooled tensor per distinct temperature.
 */
import { type DistillationSpecification, isFeatureTerm, type TermSettings } from '@lyceum/proto';
import {
  type Combination,
  type CombinationFit,
  type CombinationName,
  combinationOf,
  combined,
} from './combination.js';
import type { Values } from './log-softmax.js';

export interface TargetTensorPlan {
  /** As {@link pooledName} makes it. */
  readonly name: string;
  readonly temperature: number;
}

export interface TargetPlan {
  readonly combination: Combination;
  /** In the order in which a target carries them; each row is [C]. */
  readonly tensors: readonly TargetTensorPlan[];
}

/** `pooled/arithmetic/4`: the name of a pooled tensor in a target. */
export function pooledName(rule: CombinationName, temperature: number): string {
  return `pooled/${rule}/${temperature}`;
}

/**
 * The temperature of the pool that a term is given, or undefined if it needs none: of its own labels alone, or of
 * weight 0.
 */
export function pooledTemperature(term: TermSettings): number | undefined {
  if (term.term === 'ce' || term.weight === 0 || isFeatureTerm(term)) return undefined;
  return term.term === 'hard-label' ? 1 : term.temperature;
}

export function targetPlan(spec: DistillationSpecification['spec']): TargetPlan {
  const combination = combinationOf(spec.ensemble);
  const temperatures = new Set<number>();
  for (const term of spec.objective) {
    const temperature = pooledTemperature(term);
    if (temperature !== undefined) temperatures.add(temperature);
  }
  const tensors = [...temperatures]
    .sort((a, b) => a - b)
    .map((temperature) => ({ name: pooledName(combination.combine, temperature), temperature }));
  return { combination, tensors };
}

/**
 * One [N, C] tensor for each of the plan's, in its order.
 *
 * @param teacherLogits - one [N, C] a teacher, in ensemble order.
 * @param known - `labels` [N] and `fit`, where the rule needs them.
 * @throws {LyceumError} as `combined` does.
 */
export function combine(
  plan: TargetPlan,
  teacherLogits: readonly Values[],
  teacherWeights: readonly number[],
  rowCount: number,
  classCount: number,
  known: { readonly labels?: Int32Array; readonly fit?: CombinationFit } = {},
): Float32Array<ArrayBuffer>[] {
  const { labels, fit } = known;
  const answers = {
    teacherLogits,
    teacherWeights,
    rowCount,
    classCount,
    ...(labels !== undefined && { labels }),
  };
  const pool = combined(plan.combination, answers, fit);
  return plan.tensors.map(({ temperature }) => {
    const out = new Float32Array(rowCount * classCount);
    pool.probabilities(temperature, out);
    return out;
  });
}
