/**
 * What the student minimises: the run's weighted terms. Pure: tensors in, a scalar for each term out.
 *
 * Each term's inputs and formula are in its file in `@lyceum/learning/objectives`. Inputs are borrowed; the result is
 * the caller's.
 */
import { type TargetTensor, termTarget } from '@lyceum/learning/ensemble';
import { type AnswerInputs, type TermSettings, termOf } from '@lyceum/learning/objectives';
import type { DistillationSpecification, RunSpecification } from '@lyceum/learning/specification';
import type { Scalar, Tensor, Tensor2D, Tf } from '@lyceum/learning/tensorflow';

/** Terms with the target tensors they need. */
export interface Objective {
  /** Number of the run's terms, including terms that are left out and feature terms. */
  readonly termCount: number;
  /** Targets that {@link Objective.losses} reads, each once. */
  readonly targets: readonly TargetTensor[];
  /** Temporary tensors belong to the caller's tidy. */
  losses(
    logits: Tensor2D,
    hardLabels: Tensor2D,
    targets: ReadonlyMap<string, Tensor>,
  ): readonly TermLoss[];
}

/** What a term adds to the loss. */
export interface TermLoss {
  /** The term's place in `spec.objective`. */
  readonly index: number;
  readonly loss: Scalar;
}

/** A term with its inputs, without its weight. */
interface PlannedTerm {
  readonly weight: number;
  readonly target?: TargetTensor;
  loss(logits: Tensor2D, hardLabels: Tensor2D, targets: ReadonlyMap<string, Tensor>): Scalar;
}

/**
 * The objective of a run without its feature terms. Terms of weight 0 that need a target are left out: none is sent.
 */
export function runObjective(tf: Tf, specification: RunSpecification): Objective {
  const settings: readonly TermSettings[] = specification.spec.objective;
  const spec = specification.kind === 'Distillation' ? specification.spec : undefined;
  const terms = settings.flatMap((own, index) => {
    const term = plannedTerm(tf, own, spec);
    return term === undefined ? [] : [{ ...term, index }];
  });
  const targets = new Map(terms.flatMap(({ target }) => (target ? [[target.name, target]] : [])));
  return {
    targets: [...targets.values()],
    termCount: settings.length,
    losses: (logits, hardLabels, given) =>
      terms.map(({ index, loss, weight }) => ({
        index,
        loss: loss(logits, hardLabels, given).mul<Scalar>(weight),
      })),
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
      // The tensor's rows have the shape of its kind: see `targetRowShape`.
      return term.loss(tf, own, { ...common, logits, hardLabels, values } as AnswerInputs);
    },
  };
}
