/**
 * What the student minimises: the run's terms, weighted and summed. Pure: tensors in, one scalar out.
 *
 * What each term is given and computes is in its file in `@lyceum/learning/objectives`. Inputs are borrowed; the result
 * is the caller's.
 */
import { type TargetTensor, termTarget } from '@lyceum/learning/ensemble';
import { type AnswerInputs, type TermSettings, termOf } from '@lyceum/learning/objectives';
import type { DistillationSpecification, RunSpecification } from '@lyceum/learning/specification';
import type { Scalar, Tensor, Tensor2D, Tf } from '@lyceum/learning/tensorflow';

/** Terms with the target tensors they need. */
export interface Objective {
  /** What {@link Objective.loss} reads, each once. */
  readonly targets: readonly TargetTensor[];
  /** @returns Σ of the terms, a scalar. */
  loss(logits: Tensor2D, hardLabels: Tensor2D, targets: ReadonlyMap<string, Tensor>): Scalar;
}

/** A term with what it needs; without its weight. */
interface PlannedTerm {
  readonly weight: number;
  readonly target?: TargetTensor;
  readonly loss: Objective['loss'];
}

/**
 * The objective of a run but for its feature terms. Terms of weight 0 that need a target are left out: nobody sends it.
 */
export function runObjective(tf: Tf, specification: RunSpecification): Objective {
  const settings: readonly TermSettings[] = specification.spec.objective;
  const spec = specification.kind === 'Distillation' ? specification.spec : undefined;
  const terms = settings.flatMap((own) => plannedTerm(tf, own, spec) ?? []);
  const targets = new Map(terms.flatMap(({ target }) => (target ? [[target.name, target]] : [])));
  return {
    targets: [...targets.values()],
    loss(logits, hardLabels, given) {
      return tf.tidy(() =>
        tf.addN(terms.map(({ loss, weight }) => loss(logits, hardLabels, given).mul(weight))),
      );
    },
  };
}

function plannedTerm(
  tf: Tf,
  own: TermSettings,
  spec: DistillationSpecification['spec'] | undefined,
): PlannedTerm | undefined {
  const term = termOf(own);
  const { weight } = own;
  if (term.of === 'labels') {
    return { weight, loss: (logits, hardLabels) => term.loss(tf, own, { logits, hardLabels }) };
  }
  const target = spec && termTarget(own, spec);
  if (term.of !== 'answers' || spec === undefined || target === undefined) return undefined;
  const common = {
    kind: target.kind,
    combination: spec.ensemble,
    teacherWeights: target.teachers.map((k) => spec.teachers[k]?.weight as number),
  };
  return {
    weight,
    target,
    loss(logits, hardLabels, targets) {
      const values = targets.get(target.name);
      if (values === undefined) throw new Error(`a ${own.term} term was given no ${target.name}`);
      // The tensor has the rows that its kind has: see `targetRowShape`.
      return term.loss(tf, own, { ...common, logits, hardLabels, values } as AnswerInputs);
    },
  };
}
