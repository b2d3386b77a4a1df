/**
 * What the student minimises: the run's terms, weighted and summed. Pure: tensors in, one scalar out.
 *
 * Everything is written from logSoftmax: tfjs's own losses have wrong gradients where targets do not sum to 1
 * or logits are large. Inputs are borrowed; the result is the caller's.
 *
 * Symbols: z student logits [B, C], p soft targets [B, C], q = softmax(z/τ), y hard labels, one-hot [B, C],
 * zero rows where there is none, τ temperature, w weight.
 */
import { pooledName } from '@lyceum/learning/ensemble';
import type { Scalar, Tensor2D, Tf } from '@lyceum/learning/tensorflow';
import type { RunSpecification, TermSettings } from '@lyceum/proto';

/** Terms with the names of the target tensors they need. */
export interface Objective {
  /** Names of the soft targets that {@link Objective.loss} reads. */
  readonly targetNames: readonly string[];
  /** @returns Σ of the terms, a scalar. */
  loss(logits: Tensor2D, hardLabels: Tensor2D, targets: ReadonlyMap<string, Tensor2D>): Scalar;
}

/** Stands for 0 inside a logarithm; p · log p is 0 there either way. Smaller floats are flushed to 0. */
const LEAST_PROBABILITY = 1e-37;

/** The objective of a run. kd terms of weight 0 are left out: nobody sends their targets. */
export function runObjective(tf: Tf, specification: RunSpecification): Objective {
  const rule =
    specification.kind === 'Distillation' ? specification.spec.ensemble.combine : 'arithmetic';
  const all: readonly TermSettings[] = specification.spec.objective;
  const terms = all.filter((term) => term.term !== 'kd' || term.weight > 0);
  const targetNames = new Set(
    terms.flatMap((term) => (term.term === 'kd' ? pooledName(rule, term.temperature) : [])),
  );
  return {
    targetNames: [...targetNames],
    loss(logits, hardLabels, targets) {
      return tf.tidy(() => {
        const losses = terms.map((term) => {
          if (term.term === 'ce') return crossEntropy(tf, logits, hardLabels, term.weight);
          const name = pooledName(rule, term.temperature);
          const target = targets.get(name);
          if (target === undefined) throw new Error(`a kd term was given no target ${name}`);
          return distillation(tf, logits, target, term.weight, term.temperature);
        });
        return tf.addN(losses);
      });
    },
  };
}

/**
 * `w · τ² · mean_b Σ_c p (log p − log q)`. The gradient by z is `w · τ · (q − p) / B`: τ² keeps it at the size
 * of a hard label's as τ grows.
 *
 * @param target - p at this temperature already; a row that does not sum to 1 pulls z less or more.
 * @see Hinton, Vinyals & Dean 2015, §2, https://arxiv.org/abs/1503.02531
 */
export function distillation(
  tf: Tf,
  logits: Tensor2D,
  target: Tensor2D,
  weight: number,
  temperature: number,
): Scalar {
  return tf.tidy(() => {
    const logQ = tf.logSoftmax(logits.div(temperature));
    // Without teachers' entropy the loss would not be 0 at a perfect student. It has no gradient.
    const logP = tf.log(tf.maximum(target, LEAST_PROBABILITY));
    const scale = (weight * temperature ** 2) / logits.shape[0];
    return tf.sum<Scalar>(target.mul(logP.sub(logQ))).mul(scale);
  });
}

/**
 * `w · (−Σ_b Σ_c y log softmax(z)) / max(1, L)`, L the batch's labelled rows: the mean over those rows, 0 when
 * there is none. The gradient by z is `w · (softmax(z) − y) / L` on labelled rows and 0 on the others.
 */
export function crossEntropy(
  tf: Tf,
  logits: Tensor2D,
  hardLabels: Tensor2D,
  weight: number,
): Scalar {
  return tf.tidy(() => {
    const labelled = tf.maximum(tf.sum(hardLabels), 1);
    const sum = tf.sum(hardLabels.mul(tf.logSoftmax(logits)));
    return sum.div(labelled).mul(-weight);
  });
}
