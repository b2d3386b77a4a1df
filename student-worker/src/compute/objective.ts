/**
 * What the student minimises: the run's terms, weighted and summed. Pure: tensors in, one scalar out.
 *
 * The terms themselves are in `@lyceum/learning/objectives`; here is which a run has and what they are given.
 * Inputs are borrowed; the result is the caller's.
 */
import { pooledName } from '@lyceum/learning/ensemble';
import { crossEntropy, distillation } from '@lyceum/learning/objectives';
import type { Scalar, Tensor2D, Tf } from '@lyceum/learning/tensorflow';
import type { RunSpecification, TermSettings } from '@lyceum/proto';

/** Terms with the names of the target tensors they need. */
export interface Objective {
  /** Names of the soft targets that {@link Objective.loss} reads. */
  readonly targetNames: readonly string[];
  /** @returns Σ of the terms, a scalar. */
  loss(logits: Tensor2D, hardLabels: Tensor2D, targets: ReadonlyMap<string, Tensor2D>): Scalar;
}

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
