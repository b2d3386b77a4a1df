/**
 * The target plan: from a run's terms and rule to the tensors that each batch needs. Pure, and the one place where
 * coordinator and student agree on names. How the tensors come of answers is in combine-targets.ts.
 *
 * One tensor for each distinct need, however many terms have it: tempered pools depend on the term's temperature, and
 * every tensor on the teachers that the term names.
 */
import {
  type DistillationSpecification,
  type FeatureTermSettings,
  isFeatureTerm,
  type TermSettings,
} from '../specification/index.js';
import { type Combination, ruleOf } from './rules/index.js';
import type { KnownClasses } from './teachers/index.js';

type Spec = DistillationSpecification['spec'];

/** What a term is given of its teachers. Symbols: C classes, K the teachers of the term, k classes kept. */
export type TargetTensor = {
  /** Tells what it is of a run: `pooled/arithmetic/4`, `votes/of/0,2`. */
  readonly name: string;
  /** Ensemble indices, rising. */
  readonly teachers: readonly number[];
} & (
  | {
      /** [C], what the rule makes of the teachers at a temperature. */
      readonly kind: 'pooled';
      readonly temperature: number;
      /** Of standardised logits. */
      readonly standardized: boolean;
    }
  /** [2, k], the ids and the probabilities of the pool's most probable classes, at temperature 1. */
  | { readonly kind: 'top-k'; readonly count: number }
  /** [C], the mean of their logits by their shares. */
  | { readonly kind: 'mean-logits' }
  /** [K, C], each one's logits. */
  | { readonly kind: 'logits' }
  /** [K], each one's class; −1 of one that has not answered. */
  | { readonly kind: 'votes' }
);

export interface TargetPlan {
  readonly combination: Combination;
  /** The teachers' own, in ensemble order. */
  readonly teacherWeights: readonly number[];
  /** In the order in which a target carries them. */
  readonly tensors: readonly TargetTensor[];
  /** In ensemble order; absent: all teachers know all classes. */
  readonly knownClasses?: readonly KnownClasses[];
}

/** @param knownClasses - of its teachers, in ensemble order; what the tensors are called does not depend on it. */
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
 * The tensor that a term is given; undefined if it needs none: of its own labels alone, of features, or of weight 0.
 */
export function termTarget(term: TermSettings, spec: Spec): TargetTensor | undefined {
  if (term.term === 'ce' || term.weight === 0 || isFeatureTerm(term)) return undefined;
  const teachers = teachersOf(term, spec);
  const tensor = kindOf(term, spec.ensemble);
  const whose = teachers.length < spec.teachers.length ? `/of/${teachers}` : '';
  return { ...tensor, name: `${tensor.name}${whose}`, teachers };
}

type Unassigned<T> = T extends unknown ? Omit<T, 'teachers'> : never;

function kindOf(
  term: Exclude<TermSettings, { readonly term: 'ce' } | FeatureTermSettings>,
  combination: Combination,
): Unassigned<TargetTensor> {
  const { combine } = combination;
  switch (term.term) {
    case 'vote':
      return { kind: 'votes', name: 'votes' };
    case 'mse-logits':
      return { kind: 'mean-logits', name: `mean-logits/${combine}` };
    case 'topk-kd':
      return { kind: 'top-k', name: `top-${term.k}/${combine}`, count: term.k };
    case 'hard-label':
      return pooled(combine, 1, false);
    case 'kd':
      if (ruleOf(combination).inStudent) return { kind: 'logits', name: 'logits' };
      return pooled(combine, term.temperature, term.standardize);
    case 'dkd':
      return pooled(combine, term.temperature, term.standardize);
    default:
      return pooled(combine, term.temperature, false);
  }
}

function pooled(combine: string, temperature: number, standardized: boolean) {
  const of = standardized ? `${combine}/standardized` : combine;
  return {
    kind: 'pooled',
    name: `pooled/${of}/${temperature}`,
    temperature,
    standardized,
  } as const;
}

/** Ensemble indices of the teachers that a term names, rising. */
function teachersOf(
  { teachers: names }: { readonly teachers?: readonly string[] | undefined },
  spec: Spec,
): number[] {
  return [...spec.teachers.keys()].filter(
    (k) => names === undefined || names.includes(spec.teachers[k]?.name ?? ''),
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
 * What a report calls the ensemble: the teachers that any term has combined, and the rule. Where all terms are of
 * votes it is their majority.
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
