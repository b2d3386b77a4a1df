/**
 * From a term's settings and its target to the function of `@lyceum/learning/objectives` that it is.
 *
 * Symbols: B rows of the batch, C classes, K teachers of the term, k classes kept.
 */
import type { TargetTensor } from '@lyceum/learning/ensemble';
import {
  adaptiveWeights,
  crossEntropy,
  decoupled,
  dist,
  distillation,
  forwardKl,
  generalizedJensenShannon,
  hardLabel,
  jeffreys,
  mseLogits,
  reverseKl,
  type SquareReduction,
  sharedByRows,
  skewForwardKl,
  skewReverseKl,
  softCrossEntropy,
  softTargetOf,
  standardized,
  topKKl,
  totalVariation,
  voteTarget,
  weightedKl,
} from '@lyceum/learning/objectives';
import { ownTerm } from '@lyceum/learning/plugins';
import type {
  DistillationSpecification,
  FeatureTermSettings,
  TermSettings,
} from '@lyceum/learning/specification';
import type { Scalar, Tensor, Tensor2D, Tensor3D, Tf } from '@lyceum/learning/tensorflow';

/** A term of the teachers' answers. */
export type AskingTerm = Exclude<TermSettings, { readonly term: 'ce' } | FeatureTermSettings>;

/** What a term of a batch is computed from; borrowed. */
export interface TermInputs {
  /** Of the student, [B, C]. */
  readonly logits: Tensor2D;
  /** [B, C], one-hot; a row of zeros has no label. */
  readonly hardLabels: Tensor2D;
  readonly target: TargetTensor;
  /** [B, …] in the target's row shape. */
  readonly values: Tensor;
  readonly spec: DistillationSpecification['spec'];
}

/** The term without its weight. Temporary tensors belong to the caller's tidy. */
export function termLoss(tf: Tf, term: AskingTerm, inputs: TermInputs): Scalar {
  switch (term.term) {
    case 'vote':
      return vote(tf, term, inputs);
    case 'mse-logits': {
      const reduction = SQUARE_REDUCTIONS[term.reduction];
      const mean = inputs.values as Tensor2D;
      return mseLogits(tf, inputs.logits, mean, reduction, term.center);
    }
    case 'topk-kd':
      return topK(tf, term, inputs);
    case 'hard-label':
      return hardLabel(tf, inputs.logits, inputs.values as Tensor2D, term.smoothing);
    case 'kd':
      if (inputs.target.kind === 'logits') return adaptive(tf, term, inputs);
      return pooledTerm(tf, term, inputs);
    default:
      return pooledTerm(tf, term, inputs);
  }
}

const SQUARE_REDUCTIONS: Readonly<
  Record<'mean' | 'sum-classes' | 'half-sum-classes', SquareReduction>
> = {
  mean: 'mean',
  'sum-classes': 'sumClassesMeanBatch',
  'half-sum-classes': 'halfSumClassesMeanBatch',
};

type PooledTerm = Exclude<
  AskingTerm,
  { readonly term: 'vote' | 'mse-logits' | 'topk-kd' | 'hard-label' }
>;

/** A term of a pooled target [B, C] at its temperature. */
function pooledTerm(tf: Tf, term: PooledTerm, { logits, hardLabels, values }: TermInputs): Scalar {
  const { temperature } = term;
  const target = values as Tensor2D;
  const soft = softTargetOf(tf, target);
  switch (term.term) {
    case 'kd': {
      const student = term.standardize ? standardized(tf, logits) : logits;
      return distillation(tf, student, target, 1, temperature);
    }
    case 'plugin':
      return ownTerm(term.name).loss(
        tf,
        { logits, target, hardLabels, temperature },
        term.settings,
      );
    case 'dkd': {
      const student = term.standardize ? standardized(tf, logits) : logits;
      const weights = { target: term.targetWeight, others: term.othersWeight };
      return decoupled(tf, student, soft, hardLabels, temperature, weights);
    }
    case 'soft-ce':
      return softCrossEntropy(tf, logits, target, temperature);
    case 'kl-forward':
      return forwardKl(tf, logits, soft, temperature);
    case 'kl-reverse':
      return reverseKl(tf, logits, soft, temperature);
    case 'jeffreys':
      return jeffreys(tf, logits, soft, temperature, term.reverseShare);
    case 'gjs':
      return generalizedJensenShannon(tf, logits, soft, temperature, term.targetShare);
    case 'skew-fkl':
      return skewForwardKl(tf, logits, soft, temperature, term.skew);
    case 'skew-rkl':
      return skewReverseKl(tf, logits, soft, temperature, term.skew);
    case 'tvd':
      return totalVariation(tf, logits, soft, temperature);
    case 'dist': {
      const weights = { interClass: term.interClassWeight, intraClass: term.intraClassWeight };
      return dist(tf, logits, soft, temperature, weights);
    }
  }
}

type TermOf<Name> = Extract<AskingTerm, { readonly term: Name }>;

/** `Σ_k α_k τ² KL(p_k ‖ q)` by weights that the student's own gradients give. */
function adaptive(
  tf: Tf,
  { temperature }: TermOf<'kd'>,
  { logits, values, spec }: TermInputs,
): Scalar {
  // [B, K, C] as it came.
  const teachers = tf.transpose(values as Tensor3D, [1, 0, 2]) as Tensor3D;
  const { ensemble } = spec;
  if (ensemble.combine !== 'aekd') throw new Error(`${ensemble.combine} is not adaptive`);
  const weights = adaptiveWeights(tf, logits, teachers, temperature, ensemble.bound);
  return weightedKl(tf, logits, teachers, sharedByRows(weights), temperature);
}

/** Multiplied by τ², as kd is. */
function topK(
  tf: Tf,
  { k, tail, temperature }: TermOf<'topk-kd'>,
  { logits, values }: TermInputs,
): Scalar {
  const part = (index: number) =>
    tf.slice(values as Tensor3D, [0, index, 0], [-1, 1, -1]).reshape<Tensor2D>([-1, k]);
  return topKKl(tf, logits, part(0), part(1), tail, temperature).mul(temperature ** 2);
}

/** Rows that nobody votes on have no part in it. */
function vote(
  tf: Tf,
  { mode }: TermOf<'vote'>,
  { logits, target, values, spec }: TermInputs,
): Scalar {
  const weights = target.teachers.map((k) => spec.teachers[k]?.weight as number);
  const classCount = logits.shape[1];
  const votes = voteTarget(tf, values as Tensor2D, classCount, mode, weights);
  return crossEntropy(tf, logits, votes, 1);
}
