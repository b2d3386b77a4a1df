/**
 * What the worker's shell and its compute thread tell each other: a job in, events out.
 *
 * The shell talks to the network and the disk and never computes; the compute thread owns TensorFlow
 * and never talks to the network. All of this is called on the shell's thread.
 */
import type { HistoryPart } from '@lyceum/learning/history';
import type { RunSpecification } from '@lyceum/learning/specification';
import type { NumericsChange } from './numerics-change.js';

/** One assignment's training, with everything it reads on the local disk and verified. */
export interface TrainingJob {
  readonly runId: string;
  readonly assignmentEpoch: number;
  readonly specification: RunSpecification;
  readonly datasetFile: string;
  /** How the order of samples is cut; of a set in shards. */
  readonly cut: OrderCut | undefined;
  /** SHA-256 in hex, in ensemble order. */
  readonly teacherIdentities: readonly string[];
  /** Under which a checkpoint of another build may be gone on from. */
  readonly acceptedNumerics: readonly NumericsChange[];
  /** Tensors of each target and the shape of one row; empty: the run trains without targets. */
  readonly targetTensors: readonly TargetTensorShape[];
  /** Model package that the student starts from; absent for a built-in architecture. */
  readonly studentModelFile?: string;
  /** Checkpoint to go on from; absent: from step 0. */
  readonly checkpointFile?: string;
  /** Existing folder for checkpoints and results. Its owner deletes from it, the thread only adds. */
  readonly outputFolder: string;
  /** Steps of targets that may be on their way or waiting at a time. */
  readonly windowSteps: number;
}

/** How a set in shards is visited. */
export interface OrderCut {
  /** Positions that are asked for ahead at a time: whole batches. */
  readonly spanPositions: number;
  /** Positions of a block of the order by chunks; undefined: the full order. */
  readonly blockPositions: number | undefined;
  /** Decoded pictures of a window, at most, as long as a batch allows. */
  readonly windowBytes: number;
}

export interface TargetTensorShape {
  readonly name: string;
  /** `[C]` for a row of class values. */
  readonly rowShape: readonly number[];
}

/**
 * Rows of the target at positions [firstPosition, firstPosition + rows) of one epoch's order. Each row
 * comes once, in order, but in blocks of any size: a step's rows may be split over several.
 */
export interface TargetBlock {
  readonly epoch: number;
  readonly firstPosition: number;
  readonly tensors: readonly TargetBlockTensor[];
  /** What the coordinator knows of the targets of the steps that end here, for the run's history. */
  readonly figures: readonly TargetFigures[];
}

interface TargetFigures {
  readonly step: number;
  /** As the history's columns of targets. */
  readonly values: readonly number[];
}

export interface TargetBlockTensor {
  readonly name: string;
  readonly rows: number;
  /** [rows, ...rowShape], row-major. Starts its own buffer, so that it can be transferred. */
  readonly values: Float32Array<ArrayBuffer>;
}

export interface Validation {
  /** Steps taken when it was measured. */
  readonly step: number;
  readonly accuracy: number;
  readonly nll: number;
}

export interface TrainingProgress {
  /** Steps taken. */
  readonly step: number;
  readonly epoch: number;
  /** Mean objective over the steps since the last report. */
  readonly loss: number;
  readonly learningRate: number;
  /** Seconds since the assignment's first step, and the parts of them spent waiting for targets and for pictures. */
  readonly trainingSeconds: number;
  readonly waitingSeconds: number;
  readonly dataWaitingSeconds: number;
  /** Samples trained on in this assignment. */
  readonly samples: number;
  /** Present after a validation pass. */
  readonly validation?: Validation;
  /**
   * History of all steps since the last checkpoint that was taken; before the first in a job, of all steps of the run.
   */
  readonly history: HistoryPart;
}

export interface TrainingCheckpoint {
  readonly step: number;
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, hex. */
  readonly digest: string;
  /** Where they are being written; they are there for good when the next step is taken. */
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
  /** True if a disk or NATS' store is full, which no attempt changes. */
  readonly storageFull: boolean;
  /** The data set cannot be read as it was registered, which no attempt changes. */
  readonly setUnreadable?: true;
  /** The checkpoint is of a build whose files this one does not read. */
  readonly checkpointForeign?: true;
  /** Why the checkpoint is not for this build, if it is not. */
  readonly numericsChange?: NumericsChange;
}

/** What a training says while it goes on. */
export interface TrainingNews {
  /** Targets of steps below `creditStep` are welcome, those below `doneStep` are used. Neither falls. */
  wantTargets(creditStep: number, doneStep: number): void;
  progress(progress: TrainingProgress): void;
  /** Resolves once the run's pointer names it, or it is not wanted any more. No step is taken before. */
  checkpoint(checkpoint: TrainingCheckpoint): Promise<void>;
}

/** A window as the compute thread has it. */
export interface PictureWindow {
  readonly id: number;
  /** [samples, …sampleShape], of memory that threads share. */
  readonly inputs: Uint8Array;
}

/** What brings the pictures of a set in shards into memory. */
export interface StudentPictures {
  /**
   * Resolves once these samples are in memory, however long that takes.
   *
   * @throws {LyceumError} UnreadableSetError if only a person can make them readable; CANCELLED if the job is given up.
   */
  openWindow(samples: Uint32Array): Promise<PictureWindow>;
  closeWindow(id: number): void;
  /** Their window will be opened soon. */
  fetchAhead(samples: Uint32Array): void;
}

/** What comes out of a job. None is called after `abandon` has resolved. */
export interface TrainingEvents extends TrainingNews {
  /** Pictures of a set in shards. */
  readonly pictures?: StudentPictures | undefined;
  finished(result: TrainingResult): void;
  failed(failure: TrainingFailure): void;
}

/** The compute thread as the shell sees it. One job at a time. */
export interface StudentTrainer {
  train(job: TrainingJob, events: TrainingEvents): void;
  targets(block: TargetBlock): void;
  /** Ends the job after the step in hand, without a trace. At once if there is none. */
  abandon(): Promise<void>;
  /** Ends the job after the step in hand, writes a checkpoint of it and waits until that is taken. */
  drain(): Promise<void>;
  /** Ends the thread, whatever it does. */
  stop(): Promise<void>;
}
