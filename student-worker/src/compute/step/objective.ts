/**
 * What the student minimises: the run's terms, weighted and summed. Pure: tensors in, one scalar out.
 *
 * The terms themselves are in `@lyceum/learning/objectives`; what each is given in term-loss.ts. Inputs are borrowed;
 * the result is the caller's.
 */
import { type TargetTensor, termTarget } from '@lyceum/learning/ensemble';
import { crossEntropy } from '@lyceum/learning/objectives';
import {
  type DistillationSpecification,
  isFeatureTerm,
  type RunSpecification,
  type TermSettings,
} from '@lyceum/learning/specification';
import type { Scalar, Tensor, Tensor2D, Tf } from '@lyceum/learning/tensorflow';
import { type AskingTerm, termLoss } from './term-loss.js';

/** Terms with the target tensors they need. */
export interface Objective {
  /** What {@link Objective.loss} reads, each once. */
  readonly targets: readonly TargetTensor[];
  /** @returns Σ of the terms, a scalar. */
  loss(logits: Tensor2D, hardLabels: Tensor2D, targets: ReadonlyMap<string, Tensor>): Scalar;
}

type WeightedTerm = (
  logits: Tensor2D,
  hardLabels: Tensor2D,
  targets: ReadonlyMap<string, Tensor>,
) => Scalar;

/**
 * The objective of a run but for its feature terms. Terms of weight 0 that need a target are left out: nobody sends it.
 */
export function runObjective(tf: Tf, specification: RunSpecification): Objective {
  const spec = specification.kind === 'Distillation' ? specification.spec : undefined;
  const settings: readonly TermSettings[] = specification.spec.objective;
  const targets = new Map<string, TargetTensor>();
  const terms = settings.flatMap((term): WeightedTerm[] => {
    if (term.term === 'ce') {
      return [(logits, hardLabels) => crossEntropy(tf, logits, hardLabels, term.weight)];
    }
    if (spec === undefined || isFeatureTerm(term)) return [];
    const target = termTarget(term, spec);
    if (target === undefined) return [];
    targets.set(target.name, target);
    return [askingTerm(tf, term, target, spec)];
  });
  return {
    targets: [...targets.values()],
    loss(logits, hardLabels, given) {
      return tf.tidy(() => tf.addN(terms.map((term) => term(logits, hardLabels, given))));
    },
  };
}

function askingTerm(
  tf: Tf,
  term: AskingTerm,
  target: TargetTensor,
  spec: DistillationSpecification['spec'],
): WeightedTerm {
  return (logits, hardLabels, targets) => {
    const values = targets.get(target.name);
    if (values === undefined) throw new Error(`a ${term.term} term was given no ${target.name}`);
    return termLoss(tf, term, { logits, hardLabels, target, values, spec }).mul(term.weight);
  };
}
