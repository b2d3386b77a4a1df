/**
 * What the worker's main thread (the shell) and its compute thread tell each other: a job in, events out.
 *
 * The shell uses the network and the disk and never computes; the compute thread owns TensorFlow and never uses the
 * network. All functions here are called on the shell's thread.
 */
import type { HistoryPart } from '@lyceum/learning/history';
import type { RunSpecification } from '@lyceum/learning/specification';
import type { NumericsChange } from './numerics-change.js';

/** The training of one assignment. Everything that it reads is on the local disk, and verified. */
export interface TrainingJob {
  readonly runId: string;
  readonly assignmentEpoch: number;
  readonly specification: RunSpecification;
  readonly datasetFile: string;
  /** How the order of samples is cut, if the set is in shards. */
  readonly cut: OrderCut | undefined;
  /** SHA-256 in hex, in ensemble order. */
  readonly teacherIdentities: readonly string[];
  /** Accepted changes of numerics, under which this build may go on from another build's checkpoint. */
  readonly acceptedNumerics: readonly NumericsChange[];
  /** Tensors of each target and the shape of one row; empty: the run trains without targets. */
  readonly targetTensors: readonly TargetTensorShape[];
  /** Model package that the student starts from; absent for a built-in architecture. */
  readonly studentModelFile?: string;
  /** Checkpoint from which to go on; absent: from step 0. */
  readonly checkpointFile?: string;
  /** Existing folder for checkpoints and results. The thread only adds files, the folder's owner deletes them. */
  readonly outputFolder: string;
  /** Number of steps whose targets may be on their way or waiting at a time. */
  readonly windowSteps: number;
}

/** How a set in shards is visited. */
export interface OrderCut {
  /** Positions that are fetched ahead at a time: whole batches. */
  readonly spanPositions: number;
  /** Positions of a block of the order by chunks; undefined: the full order. */
  readonly blockPositions: number | undefined;
  /** Most bytes of a window's decoded pictures; a window has at least one batch. */
  readonly windowBytes: number;
}

export interface TargetTensorShape {
  readonly name: string;
  /** `[C]` for a row of class values. */
  readonly rowShape: readonly number[];
}

/**
 * Rows of the target at positions [firstPosition, firstPosition + rows) of one epoch's order. Each row
 * comes once, in order, but in blocks of any size: a step's rows may be split over several. A block without
 * tensors says that the coordinator begins to make targets.
 */
export interface TargetBlock {
  readonly epoch: number;
  readonly firstPosition: number;
  readonly tensors: readonly TargetBlockTensor[];
  /** The coordinator's figures about the targets of the steps that end here, for the run's history. */
  readonly figures: readonly TargetFigures[];
}

interface TargetFigures {
  readonly step: number;
  /** In the order of the history's columns about targets. */
  readonly values: readonly number[];
}

export interface TargetBlockTensor {
  readonly name: string;
  readonly rows: number;
  /** [rows, ...rowShape], row-major. Starts its own buffer, so that it can be transferred. */
  readonly values: Float32Array<ArrayBuffer>;
}

export interface Validation {
  /** Number of steps taken when it was measured. */
  readonly step: number;
  readonly accuracy: number;
  readonly nll: number;
}

export interface TrainingProgress {
  /** Number of steps taken. */
  readonly step: number;
  readonly epoch: number;
  /** Mean objective over the steps since the last report. */
  readonly loss: number;
  readonly learningRate: number;
  /**
   * Seconds since the assignment's targets began to be made, or else since its first step; and the parts of them
   * spent waiting for targets and for pictures.
   */
  readonly trainingSeconds: number;
  readonly waitingSeconds: number;
  readonly dataWaitingSeconds: number;
  /** Samples trained on in this assignment. */
  readonly samples: number;
  /** Present after a validation pass. */
  readonly validation?: Validation;
  /**
   * History of all steps since the last checkpoint that the coordinator took; before the first of a job, of all of the
   * run's.
   */
  readonly history: HistoryPart;
}

export interface TrainingCheckpoint {
  readonly step: number;
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, hex. */
  readonly digest: string;
  /** Where the bytes are being written; the file is complete when the next step is taken. */
  readonly file: string;
  /** As {@link TrainingProgress.history}. */
  readonly history: HistoryPart;
}

export interface TrainingResult {
  /** Package of the selected model, and its SHA-256 in hex. */
  readonly modelFile: string;
  readonly modelDigest: string;
  /** NPZ with [N, C] float32 logits of each split's measured samples in their order, and its SHA-256 in hex. */
  readonly logitsFile: string;
  readonly logitsDigest: string;
  /** SHA-256 over all weights after the last step, hex. */
  readonly finalWeightsDigest: string;
  readonly measurement: {
    readonly parameterCount: number;
    readonly weightBytes: number;
    readonly latencyBatch1Ms: number;
    readonly trainingSeconds: number;
    readonly waitingSeconds: number;
    readonly dataWaitingSeconds: number;
    readonly samples: number;
  };
  readonly selectedStep: number;
  readonly selectedValidation?: Validation;
}

export interface TrainingFailure {
  readonly reason: string;
  /** True if another attempt from the checkpoint may succeed. */
  readonly retryable: boolean;
  /** True if a disk or NATS' store is full: another attempt would fail the same. */
  readonly storageFull: boolean;
  /** The data set is not as it was registered: another attempt would fail the same. */
  readonly setUnreadable?: true;
  /** The checkpoint was written by another build, and this one cannot read it. */
  readonly checkpointForeign?: true;
  /** Why this build may not go on from the checkpoint. */
  readonly numericsChange?: NumericsChange;
}

/** Calls of a training while it goes on. */
export interface TrainingNews {
  /** Targets of steps below `creditStep` may be sent; those below `doneStep` are used. Neither value falls. */
  wantTargets(creditStep: number, doneStep: number): void;
  progress(progress: TrainingProgress): void;
  /** Resolves once the run's pointer names the checkpoint, or nobody wants it any more. No step is taken before. */
  checkpoint(checkpoint: TrainingCheckpoint): Promise<void>;
}

/** A window of pictures, as the compute thread gets it. */
export interface PictureWindow {
  readonly id: number;
  /** [samples, …sampleShape], in memory that threads share. */
  readonly inputs: Uint8Array;
}

/** Reads pictures of a set in shards into memory. */
export interface StudentPictures {
  /**
   * Resolves once these samples are in memory, however long that takes.
   *
   * @throws {LyceumError} UnreadableSetError if only a person can make them readable; CANCELLED if the job ends
   *   before.
   */
  openWindow(samples: Uint32Array): Promise<PictureWindow>;
  closeWindow(id: number): void;
  /** Announces that a window of these samples will be opened soon. */
  fetchAhead(samples: Uint32Array): void;
}

/** Calls about a job. None comes after `abandon` has resolved. */
export interface TrainingEvents extends TrainingNews {
  /** Pictures of a set in shards. */
  readonly pictures?: StudentPictures | undefined;
  finished(result: TrainingResult): void;
  failed(failure: TrainingFailure): void;
}

/** The compute thread, as the main thread sees it. One job at a time. */
export interface StudentTrainer {
  train(job: TrainingJob, events: TrainingEvents): void;
  targets(block: TargetBlock): void;
  /** Ends the job after the present step, without a trace. Returns at once if there is no job. */
  abandon(): Promise<void>;
  /** Ends the job after the present step, writes a checkpoint and waits until the coordinator has taken it. */
  drain(): Promise<void>;
  /** Ends the thread, even if it is busy. */
  stop(): Promise<void>;
}
