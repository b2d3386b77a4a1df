/** What the worker needs of whatever runs a teacher's model. One implementation a file. */
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
  /** How far its answers to equal questions may be apart, see `ANSWER_NOISE`; absent: as in float32. */
  readonly answerNoise?: number;
  /** Shape of one sample as the model takes it, in its own layout; absent if {@link TeacherEngine.infer} is. */
  readonly inputShape?: readonly number[];
  /** From its package, in the order of its own output; absent: they have no names. */
  readonly classNames?: readonly string[];
  /** What it took of the GPU when it was loaded; absent: nothing, or it cannot be told. */
  readonly gpuMemoryBytes?: number;
  /** As {@link TeacherPlacement} has them. */
  readonly device?: string;
  readonly bitsMayDiffer?: true;
}

/** Where a teacher was put, as far as that is not where all of its worker's are. */
export interface TeacherPlacement {
  /** What computes it; absent: the worker's device. */
  readonly device?: string;
  /** Equal questions need not get equal bits there. */
  readonly bitsMayDiffer?: true;
  /** How far apart its answers to equal questions may be there; absent: as its engine says. */
  readonly answerNoise?: number;
  /** Why the processor computes it. */
  readonly warning?: string;
}

export interface AnswerRequest {
  readonly dataset: Dataset;
  /** Indices of samples in the set, in the order of the answer's rows. */
  readonly samples: Uint32Array;
  readonly view: ViewAt;
  /** Names of tensors, sorted. */
  readonly outputs: readonly string[];
  /** The question finds out whether the teacher is what it was; default: false. */
  readonly isProbe?: boolean;
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
  /** Answers are found, not computed: there is nothing to warm up, rows do not depend on one another, and each may cost. */
  readonly computesNothing?: boolean;

  /**
   * How far its answers to one question may be apart, as a share of the greatest logit (at least 1); absent: they have equal
   * bits, whatever is asked beside it.
   */
  readonly movesBy?: number;

  describe(): TeacherDescription;

  /**
   * The tensors in the order of `outputs`.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if this teacher cannot answer such a request, ever.
   */
  answer(request: AnswerRequest): Promise<AnswerTensor[]>;

  /**
   * The model as it is, for whoever calls this worker as a server: what settings say of inputs and classes is not done. Absent:
   * it is not run here, or leaves its input's shape open.
   *
   * @param inputs - [rowCount, …inputShape].
   * @returns logits, [rowCount, classCount].
   */
  infer?(inputs: Float32Array, rowCount: number): Promise<Float32Array<ArrayBuffer>>;

  /**
   * Looks whether what it asks over the network still says of itself what it said. Absent: there is nothing to ask.
   *
   * @throws {LyceumError} FAILED_PRECONDITION with what has changed; another code if it cannot be asked.
   */
  check?(): Promise<void>;

  /** What it has asked of a service since this was last called. Absent: it calls none that anybody pays for. */
  used?(): ServiceUse;

  /** From here on no probe is answered by what it keeps of earlier answers. Absent: it keeps none. */
  forget?(): void;

  /** Frees the model. */
  close(): Promise<void>;
}

interface OpenTeacherOptions {
  readonly packaged: PackagedModel;
  /** The teacher's settings, made of the package's own. */
  readonly settings: ModelSettings;
  /** A set that it will be asked about. */
  readonly dataset: Dataset;
  /** Told why inferences run operation by operation, if they do. */
  readonly untraced: (reason: string) => void;
  /** Told where it was put, if there was a choice. */
  readonly placed?: (where: TeacherPlacement) => void;
}

/** @throws {LyceumError} INVALID_ARGUMENT if the model does not load or the samples do not fit it. */
export type OpenTeacher = (options: OpenTeacherOptions) => Promise<TeacherEngine>;

/**
 * How models of a format are opened: one file, and one line in the table of the threads that open it.
 *
 * @typeParam Place - what the thread has.
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

/** A thread's table, as one way to open any teacher of its formats. */
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
