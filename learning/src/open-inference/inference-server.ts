/**
 * A server that speaks the Open Inference Protocol v2, asked for one model, each request tried once or with patience.
 */
import {
  type AddressGuard,
  LIMIT_PAUSE_MS,
  RetryLaterError,
  type RetryOptions,
  retrying,
  type TlsMaterial,
} from '@lyceum/platform';
import { LyceumError, shownText } from '@lyceum/proto';
import type { InferenceDescription } from '../specification/index.js';
import type { ModelMetadata } from './asked-model.js';
import type { InputTensor } from './input-tensors.js';

/** A server that wants to be left alone for longer is not waited for. */
const GREATEST_DELAY_MS = 5_000;

/** A request with one output. */
export interface InferRequest {
  /** The request's id, which stays the same when it is tried again. */
  readonly id: string;
  readonly inputs: readonly InputTensor[];
  readonly output: string;
}

export interface InferResult {
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

/** Calls may overlap. All throw {@link LyceumError}s with the server's code, UNAVAILABLE if it does not answer. */
export interface InferenceServer {
  serverMetadata(): Promise<{ readonly name: string; readonly version: string }>;
  modelMetadata(): Promise<ModelMetadata>;
  infer(request: InferRequest, signal?: AbortSignal): Promise<InferResult>;
  /**
   * Each row's best classes by Triton's extension "classification", as texts; none if the server does not know the
   * extension.
   *
   * @param count - classes of each row.
   */
  bestClasses(request: InferRequest, count: number): Promise<readonly string[]>;
  /** Closes the connection. Calls under way fail. */
  close(): void;
}

/** How a server is called: its description, with the secrets filled in. */
export interface ServerAccess {
  readonly description: InferenceDescription;
  readonly headers: Readonly<Record<string, string>>;
  /** Those texts of them that no message may repeat. */
  readonly secrets: readonly string[];
  /** Certificates and keys; undefined: without TLS. */
  readonly tls: TlsMaterial | undefined;
  /** Which addresses may be called. */
  readonly addresses: AddressGuard;
}

/** The answer does not have the output that was asked for. */
export class OtherOutputsError extends LyceumError {
  /** Names of the outputs that it has. */
  readonly names: readonly string[];

  /** @param isError - the answer says that something failed. */
  constructor(output: string, names: readonly string[], isError = false) {
    const listed = shownText(names.join(', ') || 'none', SHOWN_CHARACTERS);
    const message = `the answer lacks the output ${output}; it has ${listed}${isError ? ', and an error' : ''}`;
    super('INTERNAL', message);
    this.names = names;
  }
}

/** Characters of what a server says that an error repeats. */
export const SHOWN_CHARACTERS = 400;

/** What MLServer says, as of a wrong request, of a model that is still being loaded. */
export const NOT_READY = /\bis not ready\b/i;

/** HTTP's status of a server, or a proxy before it, that limits its callers. */
export const TOO_MANY_REQUESTS = 429;

/** The server takes no more requests for now. @param afterMs - until when, if it says so. */
export function limitError(message: string, afterMs = LIMIT_PAUSE_MS): RetryLaterError {
  return new RetryLaterError(`${message}; want a lower concurrency`, afterMs);
}

/**
 * The server, with requests that are tried again, so that one that is away for a moment counts as there. While it
 * answers other requests a request is tried more often: a server, or a proxy before it, may take only so many a second.
 * What the last try of a request threw is thrown. Closing it closes the server.
 */
export function patientServer(
  server: InferenceServer,
  options: Omit<RetryOptions, 'greatestDelayMs' | 'answers'>,
): InferenceServer {
  let answered = 0;
  const answers = () => answered;
  const again = <T>(request: () => Promise<T>): Promise<T> =>
    retrying(
      async () => {
        const answer = await request();
        answered++;
        return answer;
      },
      { ...options, answers, greatestDelayMs: GREATEST_DELAY_MS },
    );
  return {
    serverMetadata: () => again(() => server.serverMetadata()),
    modelMetadata: () => again(() => server.modelMetadata()),
    infer: (request, signal) => again(() => server.infer(request, signal)),
    bestClasses: (request, count) => again(() => server.bestClasses(request, count)),
    close: () => server.close(),
  };
}
