/**
 * What a report's figures are made of: confusions, reliability, and the test samples on which student and ensemble
 * differ most. Recomputed from the predictions that lie beside the report; bounded, whatever the set's size.
 */

/** Greatest number of classes in a confusion matrix; of a larger set it shows those with the student's most errors. */
export const CONFUSION_CLASSES = 40;

/** Bins of equal width over (0, 1] of the largest probability. */
export const RELIABILITY_BINS = 15;

/** Greatest number of confused pairs of classes, of samples, and of models: further teachers are left out. */
export const CONFUSED_PAIRS = 50;
export const EXAMPLES = 24;
export const FOUND_MODELS = 64;

export interface Findings {
  readonly apiVersion: 'lyceum.dev/v1alpha1';
  readonly kind: 'Findings';
  readonly runId: string;
  /** [C] */
  readonly classNames: readonly string[];
  /** Labelled samples of the test split. */
  readonly sampleCount: number;
  /** The student first, then the ensemble, the students beside it and the teachers, as far as there are any. */
  readonly models: readonly ModelFindings[];
  /**
   * Samples on which student and ensemble differ most, by KL(ensemble ‖ student), the greatest first. Without
   * teachers: the student's surest errors. None once the set is gone.
   */
  readonly examples: readonly FoundExample[];
}

export interface ModelFindings {
  /** `student`, `ensemble`, `studentWithoutTeachers`, `studentAllLabels` or `teacher.NAME`, as in the predictions. */
  readonly name: string;
  readonly confusion: {
    /** Classes shown, [K], by index, ascending. */
    readonly classes: readonly number[];
    /** [K, K]: of samples of class row, how many were said to be of class column. Others count nowhere. */
    readonly counts: readonly (readonly number[])[];
  };
  /** The most frequent errors over all classes, the most frequent first. */
  readonly confused: readonly {
    readonly label: number;
    readonly output: number;
    readonly count: number;
  }[];
  /** Null: the model gives final answers only. Bins without samples have null means. */
  readonly reliability:
    | readonly {
        readonly count: number;
        /** Mean of the largest probability, and share of right answers. */
        readonly confidence: number | null;
        readonly accuracy: number | null;
      }[]
    | null;
}

export interface FoundExample {
  /** Row of the set. */
  readonly row: number;
  /** −1: it has no label. */
  readonly label: number;
  /** KL(ensemble ‖ student) in nats; null without teachers, or where the student gave a class probability 0. */
  readonly divergence: number | null;
  /** What the models say of the sample: their largest probabilities, at most three, the largest first. */
  readonly outputs: readonly {
    readonly model: string;
    readonly top: readonly { readonly class: number; readonly probability: number }[];
  }[];
  readonly shown: ShownSample;
}

/** A sample as a person can look at it. */
export type ShownSample =
  /** A PNG of at most 128 pixels a side, base64. */
  | {
      readonly kind: 'picture';
      readonly png: string;
      readonly width: number;
      readonly height: number;
    }
  /** At most 500 characters. */
  | { readonly kind: 'text'; readonly text: string }
  /** The sample's first columns, at most 32, as the table had them, and how many there are. */
  | {
      readonly kind: 'row';
      readonly cells: readonly {
        readonly column: string;
        /** Null: missing. */
        readonly value: number | string | null;
      }[];
      readonly count: number;
    }
  /** The sample's first numbers, at most 32, and how many there are. */
  | { readonly kind: 'numbers'; readonly values: readonly number[]; readonly count: number }
  /** For a set in shards, which only workers read: where the picture is, in words. */
  | { readonly kind: 'elsewhere'; readonly where: string };
