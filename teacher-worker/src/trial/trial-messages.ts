/**
 * The messages of `teacher-worker try`, a line of JSON each. First it gets {@link TrialStart} and answers
 * {@link TrialOpened}; then it answers each {@link TrialRequest} with {@link Tried}. If it gets {@link OutputsStart} in
 * place of the first, it answers {@link ModelOutputs} and ends. {@link TrialFailed} may take the place of any answer.
 */
import type { TableColumn } from '@lyceum/learning/datasets';
import type { ModelSettings } from '@lyceum/learning/models';
import type { ErrorCode } from '@lyceum/proto';

export interface TrialStart {
  /** A model's package. */
  readonly modelFile: string;
  /** A set's file; absent: noise in the model's own shape. */
  readonly datasetFile?: string;
  /** Number of labelled samples to ask about, drawn by the seed from the validation split. */
  readonly sampleCount: number;
  readonly seed: number;
  readonly computeThreads: number;
}

export interface OutputsStart {
  /** A package in a student's format. */
  readonly modelFile: string;
  /** float32, little-endian: [rowCount, ...sampleShape], as the model itself takes them. */
  readonly inputsFile: string;
  readonly sampleShape: readonly number[];
  readonly rowCount: number;
  readonly computeThreads: number;
}

export interface ModelOutputs {
  readonly reply: 'outputs';
  /** float32, little-endian, in base64: [rowCount, C] logits, or logarithms of probabilities. */
  readonly logits: string;
}

export interface TrialOpened {
  readonly reply: 'opened';
  /** `tensorflow 2.21.0`. */
  readonly engine: string;
  readonly sampleCount: number;
  readonly sampleShape: readonly number[];
  readonly classNames: readonly string[];
  /** Mean of the samples' values: one for each channel of pictures, else one for each value. */
  readonly mean: readonly number[];
  readonly standardDeviation: readonly number[];
  /** Columns, if the set was made from a table. */
  readonly columns?: readonly TableColumn[];
}

export interface TrialRequest {
  readonly settings: ModelSettings;
}

/** The model's outputs for the samples under these settings, in the order of its own classes. */
export interface Tried {
  readonly reply: 'tried';
  /** Number of classes of the model's output. */
  readonly classCount: number;
  /** [model's class, label, samples]: for how many samples with this label this class was the greatest. */
  readonly counts: readonly (readonly [number, number, number])[];
  /** Whether every row is a distribution: no value below 0, sum 1. */
  readonly distributions: boolean;
  /** Least and greatest output. */
  readonly range: readonly [number, number];
  /** Time of a batch, divided by its samples. */
  readonly millisecondsPerSample: number;
}

interface TrialFailed {
  readonly reply: 'failed';
  readonly code: ErrorCode;
  readonly message: string;
}

export type TrialReply = TrialOpened | Tried | ModelOutputs | TrialFailed;
