/**
 * What a term of the objective says of itself: all that a run's schema, its cross-checks, the target plan and the
 * student's step ask of it.
 *
 * A term is one file with one of these, and one line in table.ts. What is left out of the optional fields does not hold.
 * Losses are means over the batch without the term's weight. Tensors that they are given are borrowed; temporary ones
 * belong to the caller's tidy.
 *
 * Symbols: B rows of the batch, C classes, K teachers of the term, k classes kept.
 */
import type { Scalar, Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import type { z } from 'zod';
import type { Combination } from '../../ensemble/rules/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';

/** What a run writes of a term, with its defaults. */
type Schema<Settings = unknown> = z.ZodType<Settings & { term: string; weight: number }>;

interface Described<Own extends Schema> {
  readonly name: z.output<Own>['term'];
  /** Fields and defaults. What is wrong between fields is found by the checks between fields. */
  readonly settings: Own;
  /** Gives no weight to how the least probable classes differ: few of a teacher's classes are enough. */
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
  /** The tensor that it is given of its teachers. */
  target(own: z.output<Own>, combination: Combination): TargetNeed<Kind>;
  loss(tf: Tf, own: z.output<Own>, inputs: AnswerInputs<Kind>): Scalar;

  /** Where the run names no temperature; absent: 1. */
  readonly defaultTemperature?: number;
  /** Needs the one label of each sample, which a mixed sample has not. */
  readonly needsOneLabel?: true;
  /** Is content with its teachers' final answers. */
  readonly ofVotes?: true;
  /** Looks only at which class is greatest, of which rounding may make two. */
  readonly ofGreatest?: true;
  /** Compares with the mean of the teachers' logits by their shares: final answers have none, nor have all rules shares. */
  readonly ofMeanLogits?: true;
  /** Can be computed of each teacher's logits, for rules that are computed in the student. */
  readonly ofEachTeacher?: true;
  /** Means something only if every teacher knows every class: why, and what to use in its place. */
  readonly needsAllClasses?: { readonly why: string; readonly instead: string };
  /** Is the plugin's, and has a `name` beside it. */
  readonly ofPlugin?: true;
}

/** Rows of the tensors that answer terms are given, by what they are. */
interface TargetValues {
  /** [B, C], what the rule makes of the teachers at a temperature. */
  readonly pooled: Tensor2D;
  /** [B, 2, k], the ids and the probabilities of the pool's most probable classes, at temperature 1. */
  readonly 'top-k': Tensor3D;
  /** [B, C], the mean of their logits by their shares. */
  readonly 'mean-logits': Tensor2D;
  /** [B, K, C], each one's logits. */
  readonly logits: Tensor3D;
  /** [B, K], each one's class; −1 of one that has not answered. */
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

/** What a term of a batch is computed from. */
export type AnswerInputs<Kind extends TargetKind = TargetKind> = Kind extends TargetKind
  ? LabelInputs & {
      readonly kind: Kind;
      readonly values: TargetValues[Kind];
      readonly combination: Combination;
      /** The teachers' own, one of each that the term compares with. */
      readonly teacherWeights: readonly number[];
    }
  : never;

/** The pool at the term's temperature. */
export function pooled(own: { readonly temperature: number; readonly standardize?: boolean }) {
  const { temperature, standardize = false } = own;
  return { kind: 'pooled', temperature, standardized: standardize } as const;
}

/** Compares the student's inner layer with teachers', one at a time. */
export interface FeatureTerm<Own extends Schema<LayerSettings>> extends Described<Own> {
  readonly of: 'features';
  /** What maps the student's features to the teacher's shape, trained along; absent: they are compared as they are. */
  regressor?(own: z.output<Own>): { readonly activation: 'linear' | 'relu' };
  /**
   * Why it cannot compare two layers.
   *
   * @param fitting - those of the student's layers whose shape fits, as a text.
   */
  refusedLayers?(
    layers: LayerPair,
    fitting: (fits: (shape: readonly number[]) => boolean) => string,
  ): string | undefined;
  /** @param student - after the regressor, if there is one. Both [B, …]. */
  loss(tf: Tf, own: z.output<Own>, student: Tensor, teacher: Tensor): Scalar;
}

interface LayerSettings {
  /** The teachers' layer: one name for all, or by teacher. */
  hintLayer: string | Record<string, string>;
  /** The student's layer that is to become like it. */
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
