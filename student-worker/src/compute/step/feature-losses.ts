/**
 * The terms that compare the student's inner layers with teachers' features, and the regressors that are trained with
 * them.
 *
 * A term with several teachers is the mean over them. Regressors belong to the training step: its checkpoints hold
 * them, exported students do not.
 */
import { type FeatureTerm, featureTerms } from '@lyceum/learning/ensemble';
import {
  type FeatureTermSettings,
  featureTermOf,
  Regressor,
  regressorPlan,
} from '@lyceum/learning/objectives';
import type { RunSpecification } from '@lyceum/learning/specification';
import type { Scalar, Tensor, Tf, Variable } from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';
import type { TermLoss } from './objective.js';

/** Row shapes of the target tensors that carry features, by name. */
export type FeatureShapes = ReadonlyMap<string, readonly number[]>;

/** Shapes of the student's guided layers, in the order of {@link guidedLayers}. */
export type GuidedShapes = readonly (readonly number[])[];

/** One teacher of one term. */
interface Comparison {
  readonly settings: FeatureTermSettings;
  /** The term's place in `spec.objective`. */
  readonly index: number;
  /** Position among the guided layers. */
  readonly guided: number;
  readonly targetName: string;
  /** The term's weight, divided by its number of teachers. */
  readonly weight: number;
  readonly regressor: Regressor | undefined;
}

/** Names of the student's layers that terms guide, each once. */
export function guidedLayers(specification: RunSpecification): string[] {
  return [...new Set(termsOf(specification).map(({ settings }) => settings.guidedLayer))];
}

export class FeatureLosses {
  /** Variables that are trained in addition to the student's weights, with their names in checkpoints. */
  readonly variables: readonly { readonly name: string; readonly variable: Variable }[];
  readonly #tf: Tf;
  readonly #comparisons: readonly Comparison[];

  /** @throws {LyceumError} INVALID_ARGUMENT if a target is missing, or no regressor fits. */
  constructor(
    tf: Tf,
    specification: RunSpecification,
    guidedShapes: GuidedShapes,
    featureShapes: FeatureShapes,
  ) {
    const { seed } = specification.spec.training;
    const guided = guidedLayers(specification);
    const variables: { name: string; variable: Variable }[] = [];
    let regressorCount = 0;
    const comparison = ({ settings, needs, index }: FeatureTerm): Comparison[] =>
      needs.map(({ name, teacher }) => {
        const position = guided.indexOf(settings.guidedLayer);
        const common = {
          settings,
          index,
          guided: position,
          targetName: name,
          weight: settings.weight / needs.length,
        };
        const hintShape = featureShapes.get(name);
        if (hintShape === undefined) {
          const message = `the objective needs target ${name}, which the assignment does not have`;
          throw new LyceumError('INVALID_ARGUMENT', message);
        }
        const trained = featureTermOf(settings).regressor?.(settings);
        if (trained === undefined) return { ...common, regressor: undefined };
        const plan = regressorPlan(guidedShapes[position] ?? [], hintShape);
        if (plan === undefined) {
          const message = `no regressor leads from layer ${settings.guidedLayer} [${guidedShapes[position]}] to ${name} [${hintShape}]`;
          throw new LyceumError('INVALID_ARGUMENT', message);
        }
        const regressor = new Regressor(tf, plan, trained.activation, {
          seed,
          index: regressorCount++,
        });
        const prefix = `regressor/${index}/${teacher}`;
        variables.push(
          { name: `${prefix}/kernel`, variable: regressor.kernel },
          { name: `${prefix}/bias`, variable: regressor.bias },
        );
        return { ...common, regressor };
      });
    this.#tf = tf;
    this.#comparisons = termsOf(specification).flatMap(comparison);
    this.variables = variables;
  }

  /**
   * @param features - outputs of the guided layers, in their order, [B, …] each.
   * @param targets - by name, [B, …] each in its row's shape.
   * @returns the weighted terms, one for each teacher; owned by the caller.
   */
  losses(features: readonly Tensor[], targets: ReadonlyMap<string, Tensor>): TermLoss[] {
    return this.#comparisons.map((comparison) => {
      const student = features[comparison.guided] as Tensor;
      const teacher = targets.get(comparison.targetName);
      if (teacher === undefined) throw new Error(`no target ${comparison.targetName} was given`);
      const loss = this.#tf.tidy(() =>
        this.#loss(comparison, student, teacher).mul<Scalar>(comparison.weight),
      );
      return { index: comparison.index, loss };
    });
  }

  dispose(): void {
    for (const { variable } of this.variables) variable.dispose();
  }

  #loss({ settings, regressor }: Comparison, student: Tensor, teacher: Tensor): Scalar {
    const mapped = regressor?.apply(student) ?? student;
    return featureTermOf(settings).loss(this.#tf, settings, mapped, teacher);
  }
}

function termsOf(specification: RunSpecification): FeatureTerm[] {
  return specification.kind === 'Distillation' ? featureTerms(specification.spec) : [];
}
