/** What the worker's main thread and its threads with teachers say to each other. */
import type { ViewAt } from '@lyceum/learning/views';
import type { SecretPlaces } from '@lyceum/platform';
import type { AnswerTensor, ServiceUse, TeacherDescription } from './engine/index.js';
import type { WorkerGpu } from './engines/index.js';
import type { TicketSpan } from './ticket-span.js';

/** What the thread is started with. */
export interface ComputeSettings {
  /** Threads of engines that are told here and not by the environment. */
  readonly computeThreads: number;
  /** Look answers up, and wait this long for each inference; undefined: compute them. */
  readonly lookupDelayMs: number | undefined;
  /** JSON object of the waits of teachers that take another, by identity; read anew for each ticket. */
  readonly lookupDelayFile: string | undefined;
  /** Absent: the processor computes. */
  readonly gpu?: WorkerGpu | undefined;
  /** Where the present call is noted; absent: calls are not made again after the process' end. */
  readonly noted?: NotedPlace | undefined;
}

/** Where a thread notes the call that it is at. */
export interface NotedPlace {
  /** A folder of this worker alone, which outlasts the process. */
  readonly folder: string;
  readonly workerId: string;
}

/** A call that was not over when its process ended. */
export interface EndedAt {
  /** The teacher's. */
  readonly identity: string;
  readonly kind: 'load' | 'answer';
  /** Processes in a row. */
  readonly count: number;
  /** So many, and the call is refused. */
  readonly limit: number;
}

/** What the thread of remote teachers is started with. */
export interface RemoteSettings {
  /** Where the secrets are that descriptions may name. */
  readonly secrets: SecretPlaces;
  /** Which addresses may be called beside public ones, as the operator lists them. */
  readonly allowedAddresses: readonly string[];
  /** Has what endpoints have answered; undefined: that is gone with the process. */
  readonly keptFolder: string | undefined;
}

export interface ComputeDevice {
  /** `native`, `wasm` or `lookup`. */
  readonly engine: string;
  readonly engineVersion: string;
  /** `cpu` or the GPU's name. */
  readonly device: string;
}

/** A verified local file; its digest is its name in the thread. */
export interface DatasetFile {
  readonly digest: string;
  readonly file: string;
  /** For a set in shards: the pictures that are looked at. */
  readonly held?: HeldPictures;
}

/** Pictures of a set in shards, in memory that threads share. */
interface HeldPictures {
  /** Indices into the set. */
  readonly samples: Uint32Array;
  /** [samples, …sampleShape], theirs. */
  readonly inputs: Uint8Array;
}

export interface LoadRequest {
  readonly identity: string;
  readonly modelFile: string;
  /** What runs it. */
  readonly engine: string;
  readonly settingsJson: string;
  /** Sets to read and to warm up on; the first one's samples fix the input shape. */
  readonly datasets: readonly DatasetFile[];
  /** Weights that still fit the worker's budget. */
  readonly budgetBytes: number;
}

export interface PrepareRequest {
  readonly identity: string;
  readonly datasets: readonly DatasetFile[];
}

export interface AnswerRequest {
  readonly identity: string;
  readonly dataset: DatasetFile;
  readonly span: TicketSpan;
  readonly view: ViewAt;
  readonly outputs: readonly string[];
  /** What it asks over the network is also asked what it says of itself. */
  readonly isProbe: boolean;
}

/** Asks a model as it is, without a set's settings: for callers that use this worker as a server. */
export interface InferRequest {
  readonly identity: string;
  /** [rowCount, …one sample], as the model takes it. */
  readonly inputs: Float32Array<ArrayBuffer>;
  readonly rowCount: number;
}

export interface Answer {
  readonly tensors: readonly AnswerTensor[];
  readonly inferenceSeconds: number;
  /** Since the last answer to a ticket; absent: it calls no service that anybody pays for. */
  readonly calls?: ServiceUse;
}

/** Where teachers compute, calls are carried out one after another, in the order in which they come. */
export interface TeacherCalls {
  load(request: LoadRequest): Promise<TeacherDescription>;
  /** Reads sets and warms a loaded teacher up on them. */
  prepare(request: PrepareRequest): Promise<void>;
  answer(request: AnswerRequest): Promise<Answer>;
  /** What is kept of a teacher's answers is not to be given again. */
  forget(identity: string): Promise<void>;
  /** @returns logits, [rowCount, classes of the model]. */
  infer(request: InferRequest): Promise<Float32Array<ArrayBuffer>>;
  /** Does nothing if the teacher is not loaded. */
  unload(identity: string): Promise<void>;
  /** Forgets all sets but these. */
  keepDatasets(digests: readonly string[]): Promise<void>;
}

/** Calls of the thread that computes. */
export interface ComputeCalls extends TeacherCalls {
  /** @returns with what the engine is, what the user should know of it. */
  opened(): Promise<{ readonly device: ComputeDevice; readonly warnings: readonly string[] }>;
}

/** What the thread that computes tells. */
export interface TeacherNews {
  /** Inferences of this teacher run operation by operation, which is slower. */
  untraced(identity: string, reason: string): void;
  /** The processor computes this teacher, though the worker has a GPU. */
  onProcessor(identity: string, reason: string): void;
  /** The disk does not take the call that the thread is at. */
  unnoted(reason: string): void;
  /** The process before this one ended at a call of the thread. */
  endedBefore(end: EndedAt): void;
}
