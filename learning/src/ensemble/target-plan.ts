/**
 * The target plan: from a run's terms and rule to the tensors that each batch needs. Pure. Coordinator and student
 * both use it, so they agree on names. combine-targets.ts computes the tensors from answers.
 *
 * Terms with the same need share one tensor. Needs differ by the teachers that a term names, and those of pools also
 * by the term's temperature.
 */
import { type TargetNeed, type TermSettings, targetNeed } from '../objectives/terms/index.js';
import type { DistillationSpecification } from '../specification/index.js';
import type { Combination } from './rules/index.js';
import type { KnownClasses } from './teachers/index.js';

type Spec = DistillationSpecification['spec'];

/** One tensor of a target, made of some teachers' answers for one or more terms. */
export type TargetTensor = TargetNeed & {
  /** Describes the tensor: `pooled/arithmetic/4`, `votes/of/0,2`. */
  readonly name: string;
  /** Ensemble indices, rising. */
  readonly teachers: readonly number[];
};

export interface TargetPlan {
  readonly combination: Combination;
  /** The weights that the run gives the teachers, in ensemble order. */
  readonly teacherWeights: readonly number[];
  /** In the order in which a target holds them. */
  readonly tensors: readonly TargetTensor[];
  /** In ensemble order; absent: all teachers know all classes. */
  readonly knownClasses?: readonly KnownClasses[];
}

/** @param knownClasses - of the run's teachers, in ensemble order. Names of tensors do not depend on it. */
export function targetPlan(spec: Spec, knownClasses?: readonly KnownClasses[]): TargetPlan {
  const tensors = new Map<string, TargetTensor>();
  for (const term of spec.objective) {
    const tensor = termTarget(term, spec);
    if (tensor !== undefined) tensors.set(tensor.name, tensor);
  }
  const { quorum: _q, deadlineMs: _d, maxDegradedShare: _m, ...combination } = spec.ensemble;
  return {
    combination,
    teacherWeights: spec.teachers.map(({ weight }) => weight),
    tensors: [...tensors.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    ...(knownClasses !== undefined && { knownClasses }),
  };
}

/**
 * The tensor that a term is given; undefined: the term is of labels alone, of features, or of weight 0.
 */
export function termTarget(term: TermSettings, spec: Spec): TargetTensor | undefined {
  const need = term.weight === 0 ? undefined : targetNeed(term, spec.ensemble);
  if (need === undefined) return undefined;
  const teachers = teachersOf(term, spec);
  const whose = teachers.length < spec.teachers.length ? `/of/${teachers}` : '';
  return { ...need, name: `${needText(need, spec.ensemble)}${whose}`, teachers };
}

function needText(need: TargetNeed, { combine }: Combination): string {
  switch (need.kind) {
    case 'pooled':
      return `pooled/${combine}${need.standardized ? '/standardized' : ''}/${need.temperature}`;
    case 'top-k':
      return `top-${need.count}/${combine}`;
    case 'mean-logits':
      return `mean-logits/${combine}`;
    default:
      return need.kind;
  }
}

/** Ensemble indices of the teachers that a term names, rising. */
function teachersOf(term: TermSettings, { teachers }: Spec): number[] {
  const names = 'teachers' in term ? term.teachers : undefined;
  return [...teachers.keys()].filter(
    (k) => names === undefined || names.includes(teachers[k]?.name ?? ''),
  );
}

/** The shape of one row of a target. */
export function targetRowShape(tensor: TargetTensor, classCount: number): number[] {
  switch (tensor.kind) {
    case 'pooled':
    case 'mean-logits':
      return [classCount];
    case 'top-k':
      return [2, tensor.count];
    case 'logits':
      return [tensor.teachers.length, classCount];
    case 'votes':
      return [tensor.teachers.length];
  }
}

/**
 * What a report calls the ensemble: all teachers that some term combines, and the rule. If all terms are of votes, the
 * rule is majority vote.
 */
export function ensembleMembers(spec: Spec): {
  readonly teachers: readonly number[];
  readonly combination: Combination;
} {
  const { tensors, combination } = targetPlan(spec);
  const combined = tensors.filter(({ kind }) => kind !== 'votes');
  const teachers = [
    ...new Set((combined.length > 0 ? combined : tensors).flatMap((t) => t.teachers)),
  ];
  teachers.sort((a, b) => a - b);
  return {
    teachers,
    combination: combined.length > 0 ? combination : { combine: 'majority-vote' },
  };
}
