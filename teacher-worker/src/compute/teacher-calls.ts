/** The calls and messages between the worker's main thread and its threads with teachers. */
import type { ViewAt } from '@lyceum/learning/views';
import type { SecretPlaces } from '@lyceum/platform';
import type { AnswerTensor, ServiceUse, TeacherDescription } from './engine/index.js';
import type { WorkerGpu } from './engines/index.js';
import type { TicketSpan } from './ticket-span.js';

/** Settings that the thread is started with. */
export interface ComputeSettings {
  /** Threads of engines that take their number from here and not from the environment. */
  readonly computeThreads: number;
  /** Milliseconds that each inference waits, with answers looked up; undefined: answers are computed. */
  readonly lookupDelayMs: number | undefined;
  /** JSON file with waits of single teachers, by identity, in place of `lookupDelayMs`; read anew for each ticket. */
  readonly lookupDelayFile: string | undefined;
  /** The worker's GPU; absent: the processor computes. */
  readonly gpu?: WorkerGpu | undefined;
  /** Where the present call is noted; absent: calls are not noted. */
  readonly noted?: NotedPlace | undefined;
}

/** Where a thread notes its present call. */
export interface NotedPlace {
  /** A folder of this worker alone, which outlives the process. */
  readonly folder: string;
  readonly workerId: string;
}

/** A call that was not over when its process ended. */
export interface EndedAt {
  /** Identity of the call's teacher. */
  readonly identity: string;
  readonly kind: 'load' | 'answer';
  /** How many processes in a row have ended at the call. */
  readonly count: number;
  /** The number of ends from which on the call is refused. */
  readonly limit: number;
}

/** Settings that the thread of remote teachers is started with. */
export interface RemoteSettings {
  /** Places of the secrets that descriptions may name. */
  readonly secrets: SecretPlaces;
  /** Addresses that may be called beside public ones, as the operator lists them. */
  readonly allowedAddresses: readonly string[];
  /** Folder with endpoints' answers that are kept; undefined: they are lost with the process. */
  readonly keptFolder: string | undefined;
}

export interface ComputeDevice {
  /** `native`, `wasm` or `lookup`. */
  readonly engine: string;
  readonly engineVersion: string;
  /** `cpu` or the GPU's name. */
  readonly device: string;
}

/** A verified local file; the thread knows it by its digest. */
export interface DatasetFile {
  readonly digest: string;
  readonly file: string;
  /** The needed pictures, if the set is in shards. */
  readonly held?: HeldPictures;
}

/** Pictures of a set in shards, in memory that threads share. */
interface HeldPictures {
  /** Indices into the set. */
  readonly samples: Uint32Array;
  /** The pictures, [samples, …sampleShape]. */
  readonly inputs: Uint8Array;
}

export interface LoadRequest {
  readonly identity: string;
  readonly modelFile: string;
  /** The engine that runs the model. */
  readonly engine: string;
  readonly settingsJson: string;
  /** Sets to read and to warm up on; the first one's samples fix the input shape. */
  readonly datasets: readonly DatasetFile[];
  /** Bytes of weights that still fit the worker's budget. */
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
  /** True: the teacher's server, if there is one, is also asked to describe its model. */
  readonly isProbe: boolean;
}

/** A question to the plain model, without a set's settings: for callers that use this worker as a server. */
export interface InferRequest {
  readonly identity: string;
  /** Inputs, [rowCount, …one sample], as the model takes them. */
  readonly inputs: Float32Array<ArrayBuffer>;
  readonly rowCount: number;
}

export interface Answer {
  readonly tensors: readonly AnswerTensor[];
  readonly inferenceSeconds: number;
  /** Use of a service since the last answer to a ticket; absent: the teacher calls no service that costs. */
  readonly calls?: ServiceUse;
}

/**
 * Calls of a thread with teachers. The thread that computes carries them out one after another, in the order in which
 * they come.
 */
export interface TeacherCalls {
  load(request: LoadRequest): Promise<TeacherDescription>;
  /** Reads sets, and warms a loaded teacher up on them. */
  prepare(request: PrepareRequest): Promise<void>;
  answer(request: AnswerRequest): Promise<Answer>;
  /** After this call, kept answers of the teacher do not answer probes any more. */
  forget(identity: string): Promise<void>;
  /** @returns logits, [rowCount, classes of the model]. */
  infer(request: InferRequest): Promise<Float32Array<ArrayBuffer>>;
  /** Unloads a teacher; does nothing if it is not loaded. */
  unload(identity: string): Promise<void>;
  /** Forgets all sets but these. */
  keepDatasets(digests: readonly string[]): Promise<void>;
}

/** Calls of the thread that computes. */
export interface ComputeCalls extends TeacherCalls {
  /** @returns the engine's device, and warnings for the user. */
  opened(): Promise<{ readonly device: ComputeDevice; readonly warnings: readonly string[] }>;
}

/** News from the thread that computes. */
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
