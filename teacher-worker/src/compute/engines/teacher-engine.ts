/** What the worker needs of whatever runs a teacher's model. One implementation a file. */
import type { Dataset, ViewAt } from '@lyceum/learning/data';

export interface TeacherDescription {
  readonly classCount: number;
  readonly parameterCount: number;
  readonly weightBytes: number;
  /** Median milliseconds of one inference of one sample. */
  readonly latencyBatch1Ms: number;
}

export interface AnswerRequest {
  readonly dataset: Dataset;
  /** Indices of samples in the set, in the order of the answer's rows. */
  readonly samples: Uint32Array;
  readonly view: ViewAt;
  /** Names of tensors, sorted. */
  readonly outputs: readonly string[];
}

/** One output tensor of an answer. */
export interface AnswerTensor {
  readonly name: string;
  /** Values in a row. */
  readonly width: number;
  /** [rows, width], row-major. */
  readonly values: Float32Array<ArrayBuffer>;
}

/** One loaded teacher. Calls do not overlap. */
export interface TeacherEngine {
  describe(): TeacherDescription;

  /**
   * The tensors in the order of `outputs`.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if this teacher cannot answer such a request, ever.
   */
  answer(request: AnswerRequest): Promise<AnswerTensor[]>;

  /** Frees the model. */
  close(): Promise<void>;
}
