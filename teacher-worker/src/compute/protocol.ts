/** What the worker's main thread and its compute thread say to each other. Plain data, structured clones. */
import type { ViewAt } from '@lyceum/learning/views';
import type { SecretPlaces } from '@lyceum/platform';
import type { ErrorCode } from '@lyceum/proto';
import type { AnswerTensor, TeacherDescription } from './rows/index.js';
import type { TicketSpan } from './ticket-span.js';

/** What the thread is started with. */
export interface ComputeSettings {
  /** Of engines that are told here and not by the environment. */
  readonly computeThreads: number;
  /** Look answers up, and wait this long for each inference; undefined: compute them. */
  readonly lookupDelayMs: number | undefined;
  /** JSON object of the waits of teachers that take another, by identity; read anew for each ticket. */
  readonly lookupDelayFile: string | undefined;
}

/** What the thread of teachers that somebody else runs is started with. */
export interface RemoteSettings {
  /** Where the secrets are that descriptions may name. */
  readonly secrets: SecretPlaces;
  /** Which addresses may be called beside public ones, as the operator lists them. */
  readonly allowedAddresses: readonly string[];
}

export interface ComputeDevice {
  /** `native`, `wasm`, `lookup` or `remote`. */
  readonly engine: string;
  readonly engineVersion: string;
  /** `cpu` or the GPU's name. */
  readonly device: string;
}

/** A verified local file; its digest is its name in the thread. */
export interface DatasetFile {
  readonly digest: string;
  readonly file: string;
}

export interface LoadCommand {
  readonly command: 'load';
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

/** Reads sets and warms a loaded teacher up on them. */
interface PrepareCommand {
  readonly command: 'prepare';
  readonly identity: string;
  readonly datasets: readonly DatasetFile[];
}

export interface AnswerCommand {
  readonly command: 'answer';
  readonly identity: string;
  readonly dataset: DatasetFile;
  readonly span: TicketSpan;
  readonly view: ViewAt;
  readonly outputs: readonly string[];
  /** What it asks over the network is also asked what it says of itself. */
  readonly isProbe: boolean;
}

/** What is kept of a teacher's answers is not to be given again. */
interface ForgetCommand {
  readonly command: 'forget';
  readonly identity: string;
}

/** Asks a model as it is, without a set's settings: for whoever calls this worker as a server. */
export interface InferCommand {
  readonly command: 'infer';
  readonly identity: string;
  /** [rowCount, …one sample], as the model takes it. */
  readonly inputs: Float32Array<ArrayBuffer>;
  readonly rowCount: number;
}

/** Does nothing if the teacher is not loaded. */
interface UnloadCommand {
  readonly command: 'unload';
  readonly identity: string;
}

/** Forgets all sets but these. */
interface KeepDatasetsCommand {
  readonly command: 'keep-datasets';
  readonly digests: readonly string[];
}

export interface Answer {
  readonly tensors: readonly AnswerTensor[];
  readonly inferenceSeconds: number;
}

/** What each command answers with. */
export interface ComputeResults {
  readonly load: TeacherDescription;
  readonly prepare: undefined;
  readonly answer: Answer;
  readonly forget: undefined;
  /** Logits, [rowCount, classes of the model]. */
  readonly infer: Float32Array<ArrayBuffer>;
  readonly unload: undefined;
  readonly 'keep-datasets': undefined;
}

export type ComputeCommand =
  | LoadCommand
  | PrepareCommand
  | AnswerCommand
  | ForgetCommand
  | InferCommand
  | UnloadCommand
  | KeepDatasetsCommand;

/** Where teachers compute, commands are carried out one after another, in the order in which they come. */
export interface ComputeRequest {
  readonly id: number;
  readonly command: ComputeCommand;
}

export type ComputeReply =
  | {
      readonly reply: 'ready';
      readonly device: ComputeDevice;
      /** What the user should know of the engine. */
      readonly warnings: readonly string[];
    }
  /** Inferences of this teacher run operation by operation, which is slower. */
  | { readonly reply: 'untraced'; readonly identity: string; readonly reason: string }
  | { readonly reply: 'done'; readonly id: number; readonly result: unknown }
  | {
      readonly reply: 'failed';
      readonly id: number;
      readonly code: ErrorCode;
      readonly message: string;
      /** It was an `OutsideFailure`. */
      readonly outside: boolean;
    };
