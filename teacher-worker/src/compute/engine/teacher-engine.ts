/** The contract of an engine, which runs a teacher's model. One implementation a file. */
import type { Dataset } from '@lyceum/learning/datasets';
import type { FormatName, PackagedModel, PackageOf } from '@lyceum/learning/formats';
import type { ModelSettings } from '@lyceum/learning/models';
import type { ViewAt } from '@lyceum/learning/views';
import { LyceumError } from '@lyceum/proto';
import type { ServiceUse } from './service-use.js';

export interface TeacherDescription {
  readonly classCount: number;
  readonly parameterCount: number;
  readonly weightBytes: number;
  /** Median milliseconds of one inference of one sample; 0 for a teacher that another program runs. */
  readonly latencyBatch1Ms: number;
  /** How far the teacher's answers to equal questions may be apart, see `ANSWER_NOISE`; absent: as in float32. */
  readonly answerNoise?: number;
  /** Shape of one sample as the model takes it, in its own layout; absent if {@link TeacherEngine.infer} is absent. */
  readonly inputShape?: readonly number[];
  /** Names of the classes, from the teacher's package, in the order of its own output; absent: they have no names. */
  readonly classNames?: readonly string[];
  /** GPU memory that the teacher took when it was loaded; absent: none, or not known. */
  readonly gpuMemoryBytes?: number;
  /** The device, as in {@link TeacherPlacement}. */
  readonly device?: string;
  readonly bitsMayDiffer?: true;
}

/** Where a teacher was put, as far as its place differs from that of its worker's other teachers. */
export interface TeacherPlacement {
  /** The device that computes the teacher; absent: the worker's. */
  readonly device?: string;
  /** Equal questions may get different bits there. */
  readonly bitsMayDiffer?: true;
  /** How far answers to equal questions may be apart there; absent: as the teacher's engine says. */
  readonly answerNoise?: number;
  /** Why the processor computes the teacher. */
  readonly warning?: string;
}

export interface AnswerRequest {
  readonly dataset: Dataset;
  /** Indices of samples in the set, in the order of the answer's rows. */
  readonly samples: Uint32Array;
  readonly view: ViewAt;
  /** Names of tensors, sorted. */
  readonly outputs: readonly string[];
  /** The question checks whether the teacher is still the same; default: false. */
  readonly isProbe?: boolean;
}

/** One output tensor of an answer. */
export interface AnswerTensor {
  readonly name: string;
  /** How many values a row has. */
  readonly width: number;
  /** Values [rows, width], row-major. */
  readonly values: Float32Array<ArrayBuffer>;
}

/** One loaded teacher. Calls do not overlap. */
export interface TeacherEngine {
  /**
   * Answers are looked up or fetched, not computed: nothing warms up, rows do not depend on one another, and each
   * answer may cost.
   */
  readonly computesNothing?: boolean;

  /**
   * How far answers to one question may be apart, as a share of the greatest logit (at least 1); absent: they have
   * equal bits, whatever other samples are in the batch.
   */
  readonly movesBy?: number;

  describe(): TeacherDescription;

  /**
   * Answers with the tensors in the order of `outputs`.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if this teacher can never answer such a request.
   */
  answer(request: AnswerRequest): Promise<AnswerTensor[]>;

  /**
   * Runs the plain model, for callers that use this worker as a server: settings of inputs and classes have no effect.
   * Absent: the model is not run here, or leaves its input's shape open.
   *
   * @param inputs - [rowCount, …inputShape].
   * @returns logits, [rowCount, classCount].
   */
  infer?(inputs: Float32Array, rowCount: number): Promise<Float32Array<ArrayBuffer>>;

  /**
   * Checks whether the server of a remote model still describes it as before. Absent: the model is not remote.
   *
   * @throws {LyceumError} FAILED_PRECONDITION with the change; another code if the server cannot be asked.
   */
  check?(): Promise<void>;

  /** Use of a service since the last call of `used`. Absent: the engine calls no service that costs. */
  used?(): ServiceUse;

  /** After this call, kept answers do not answer probes any more. Absent: the engine keeps no answers. */
  forget?(): void;

  /** Frees the model. */
  close(): Promise<void>;
}

interface OpenTeacherOptions {
  readonly packaged: PackagedModel;
  /** The teacher's settings, made of the package's own. */
  readonly settings: ModelSettings;
  /** A set that the teacher will be asked about. */
  readonly dataset: Dataset;
  /** Called with the reason if inferences run operation by operation. */
  readonly untraced: (reason: string) => void;
  /** Called with the place where the teacher was put, if there was a choice. */
  readonly placed?: (where: TeacherPlacement) => void;
}

/** @throws {LyceumError} INVALID_ARGUMENT if the model does not load or the samples do not fit it. */
export type OpenTeacher = (options: OpenTeacherOptions) => Promise<TeacherEngine>;

/**
 * How models of a format are opened: one file, and one line in the table of the threads that open it.
 *
 * @typeParam Place - what the thread provides.
 */
export interface EngineOpener<
  Place,
  Format extends FormatName = FormatName,
  Model = PackageOf<Format>,
> {
  readonly format: Format;
  /** @throws {LyceumError} as {@link OpenTeacher}. */
  open(
    model: Model,
    options: OpenTeacherOptions,
    place: Place,
  ): TeacherEngine | Promise<TeacherEngine>;
}

/** A thread's table as one function that opens any teacher of its formats. */
export function opensAnyOf<Place>(
  table: readonly EngineOpener<Place>[],
  place: Place,
): OpenTeacher {
  return async (options) => {
    const { format, model } = options.packaged;
    const opener = table.find((one) => one.format === format);
    if (opener !== undefined) return opener.open(model, options, place);
    throw new LyceumError('INTERNAL', `a model of format ${format} is not opened by this thread`);
  };
}
