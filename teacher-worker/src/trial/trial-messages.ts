/**
 * What `teacher-worker try` is told and says, a line of JSON each. First {@link TrialStart} comes and {@link TrialOpened}
 * answers; then each {@link TrialRequest} is answered by {@link Tried}. {@link OutputsStart} instead is answered by
 * {@link ModelOutputs}, and no more. {@link TrialFailed} may stand for any answer.
 */
import type { TableColumn } from '@lyceum/learning/datasets';
import type { ModelSettings } from '@lyceum/learning/models';
import type { ErrorCode } from '@lyceum/proto';

export interface TrialStart {
  /** A model's package. */
  readonly modelFile: string;
  /** A set's file; absent: noise of the model's own shape. */
  readonly datasetFile?: string;
  /** How many labelled samples of the validation split are asked about, drawn by the seed. */
  readonly sampleCount: number;
  readonly seed: number;
  readonly computeThreads: number;
}

export interface OutputsStart {
  /** A package of a student's format. */
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
  /** Mean of the samples' values, one a channel of pictures, else one a value. */
  readonly mean: readonly number[];
  readonly standardDeviation: readonly number[];
  /** Columns of a set that was made of a table. */
  readonly columns?: readonly TableColumn[];
}

export interface TrialRequest {
  readonly settings: ModelSettings;
}

/** What the model says of the samples by these settings, in the order of its own output. */
export interface Tried {
  readonly reply: 'tried';
  /** Classes of the model's output. */
  readonly classCount: number;
  /** [model's class, label, samples]: how often the one was greatest where the other is right. */
  readonly counts: readonly (readonly [number, number, number])[];
  /** Whether every row is a distribution: not below 0, of sum 1. */
  readonly distributions: boolean;
  /** Least and greatest value. */
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
