/** A server that speaks the Open Inference Protocol v2, asked for one model, each request tried once. */
import type { AddressGuard, TlsMaterial } from '@lyceum/platform';
import type { InferenceDescription } from '../specification/index.js';
import type { ModelMetadata } from './asked-model.js';
import type { NumberDatatype } from './tensor-bytes.js';

/** One input, one output. */
export interface InferRequest {
  /** Equal when the same request is tried again. */
  readonly id: string;
  readonly input: string;
  readonly datatype: NumberDatatype;
  readonly shape: readonly number[];
  readonly values: Float32Array;
  readonly output: string;
}

export interface InferResult {
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

/** Calls may overlap. All throw {@link LyceumError}s with the server's code, UNAVAILABLE if nobody answers. */
export interface InferenceServer {
  serverMetadata(): Promise<{ readonly name: string; readonly version: string }>;
  modelMetadata(): Promise<ModelMetadata>;
  infer(request: InferRequest, signal?: AbortSignal): Promise<InferResult>;
  /**
   * Each row's best classes by Triton's extension "classification", in texts; none from a server that passes it over.
   *
   * @param count - of each row.
   */
  bestClasses(request: InferRequest, count: number): Promise<readonly string[]>;
  /** Calls under way fail. */
  close(): void;
}

/** How a server is called: its description, with the secrets in their places. */
export interface ServerAccess {
  readonly description: InferenceDescription;
  readonly headers: Readonly<Record<string, string>>;
  /** What of these no message repeats. */
  readonly secrets: readonly string[];
  /** Undefined: without TLS. */
  readonly tls: TlsMaterial | undefined;
  /** Which addresses may be called. */
  readonly addresses: AddressGuard;
}
