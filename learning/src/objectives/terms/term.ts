/**
 * All facts about a term of the objective: for a run's schema, the checks between fields, the target plan and the
 * student's step.
 *
 * A term is one file with one of these, and one line in table.ts. An optional field that is absent does not hold of
 * the term. Losses are means over the batch without the term's weight. Given tensors are borrowed; temporary ones
 * belong to the caller's tidy.
 *
 * Symbols: B rows of the batch, C classes, K teachers of the term, k classes kept.
 */
import type { Scalar, Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import type { z } from 'zod';
import type { Combination } from '../../ensemble/rules/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';

/** What a run writes for a term, with defaults. */
type Schema<Settings = unknown> = z.ZodType<Settings & { term: string; weight: number }>;

interface Described<Own extends Schema> {
  readonly name: z.output<Own>['term'];
  /** Fields and defaults. Checks between fields are elsewhere. */
  readonly settings: Own;
  /** Does not depend on differences among the least probable classes: each teacher's top classes are enough. */
  readonly isOfTopK?: true;
}

/** Compares with the labels of the set: asks no teacher. */
export interface LabelTerm<Own extends Schema> extends Described<Own> {
  readonly of: 'labels';
  loss(tf: Tf, own: z.output<Own>, inputs: LabelInputs): Scalar;
}

interface LabelInputs {
  /** The student's logits, [B, C]. */
  readonly logits: Tensor2D;
  /** [B, C], one-hot; a row of zeros has no label. */
  readonly hardLabels: Tensor2D;
}

/** Compares with what its teachers answer. */
export interface AnswerTerm<Own extends Schema, Kind extends TargetKind> extends Described<Own> {
  readonly of: 'answers';
  /** The tensor that the term needs of its teachers. */
  target(own: z.output<Own>, combination: Combination): TargetNeed<Kind>;
  loss(tf: Tf, own: z.output<Own>, inputs: AnswerInputs<Kind>): Scalar;

  /** The temperature if the run names none; absent: 1. */
  readonly defaultTemperature?: number;
  /** Needs exactly one label a sample, which a mixed sample does not have. */
  readonly needsOneLabel?: true;
  /** Needs only its teachers' final answers. */
  readonly ofVotes?: true;
  /** Looks only at which class is greatest: rounding must not make two classes equal. */
  readonly ofGreatest?: true;
  /** Compares with the mean of the teachers' logits by shares: needs logits, and a rule that has shares. */
  readonly ofMeanLogits?: true;
  /** Can be computed from each teacher's logits, for rules that are computed in the student. */
  readonly ofEachTeacher?: true;
  /** Is meaningful only if every teacher knows every class: why, and what to use instead. */
  readonly needsAllClasses?: { readonly why: string; readonly instead: string };
  /** Is a term of the plugin, and has a `name` beside it. */
  readonly ofPlugin?: true;
}

/** Tensors that answer terms are given, by their kind. */
interface TargetValues {
  /** [B, C], what the rule makes of the teachers at a temperature. */
  readonly pooled: Tensor2D;
  /** [B, 2, k], the ids and the probabilities of the pool's most probable classes, at temperature 1. */
  readonly 'top-k': Tensor3D;
  /** [B, C], the mean of the teachers' logits by their shares. */
  readonly 'mean-logits': Tensor2D;
  /** [B, K, C], each teacher's logits. */
  readonly logits: Tensor3D;
  /** [B, K], each teacher's class; −1: it has not answered. */
  readonly votes: Tensor2D;
}

export type TargetKind = keyof TargetValues;

export type TargetNeed<Kind extends TargetKind = TargetKind> = Extract<
  | {
      readonly kind: 'pooled';
      readonly temperature: number;
      /** Whether standardised logits are pooled. */
      readonly standardized: boolean;
    }
  | { readonly kind: 'top-k'; readonly count: number }
  | { readonly kind: 'mean-logits' }
  | { readonly kind: 'logits' }
  | { readonly kind: 'votes' },
  { readonly kind: Kind }
>;

/** Inputs of an answer term's loss. */
export type AnswerInputs<Kind extends TargetKind = TargetKind> = Kind extends TargetKind
  ? LabelInputs & {
      readonly kind: Kind;
      readonly values: TargetValues[Kind];
      readonly combination: Combination;
      /** The weights that the run gives the teachers, one for each teacher that the term compares with. */
      readonly teacherWeights: readonly number[];
    }
  : never;

/** The need of the pool at the term's temperature. */
export function pooled(own: { readonly temperature: number; readonly standardize?: boolean }) {
  const { temperature, standardize = false } = own;
  return { kind: 'pooled', temperature, standardized: standardize } as const;
}

/** Compares the student's inner layer with teachers', one at a time. */
export interface FeatureTerm<Own extends Schema<LayerSettings>> extends Described<Own> {
  readonly of: 'features';
  /** The map from the student's features to the teacher's shape, trained with the student; absent: none is needed. */
  regressor?(own: z.output<Own>): { readonly activation: 'linear' | 'relu' };
  /**
   * Why the term cannot compare two layers.
   *
   * @param fitting - the student's layers whose shape fits, as a text.
   */
  refusedLayers?(
    layers: LayerPair,
    fitting: (fits: (shape: readonly number[]) => boolean) => string,
  ): string | undefined;
  /** @param student - features behind the regressor, if there is one. Both are [B, …]. */
  loss(tf: Tf, own: z.output<Own>, student: Tensor, teacher: Tensor): Scalar;
}

interface LayerSettings {
  /** The teachers' layer: one name for all teachers, or a name for each. */
  hintLayer: string | Record<string, string>;
  /** The student's layer that shall become like the teachers'. */
  guidedLayer: string;
  /** Names of `spec.teachers` that the term compares with; absent: all, or those that `hintLayer` names. */
  teachers?: string[] | undefined;
}

/** Shapes of a sample's features: [units] or [height, width, channels]. */
export interface LayerPair {
  readonly guided: readonly number[];
  readonly hint: readonly number[];
  readonly batchSize: number;
}
