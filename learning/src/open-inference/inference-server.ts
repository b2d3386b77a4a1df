/** A server that speaks the Open Inference Protocol v2, asked for one model, each request tried once. */
import { type InferenceDescription, LyceumError } from '@lyceum/proto';
import {
  headersWithSecrets,
  readSecret,
  type SecretPlaces,
  type TlsMaterial,
} from '@lyceum/proto/node';
import type { ModelMetadata } from './asked-model.js';
import { GrpcInferenceServer } from './grpc-inference-server.js';
import { HttpInferenceServer } from './http-inference-server.js';
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
  /** Calls under way fail. */
  close(): void;
}

/** How a server is called: its description, with the secrets in their places. */
export interface ServerAccess {
  readonly description: InferenceDescription;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: without TLS. */
  readonly tls: TlsMaterial | undefined;
}

/**
 * Connects at the first call.
 *
 * @throws {LyceumError} FAILED_PRECONDITION if a secret is not there, INVALID_ARGUMENT if half of a key pair is named.
 */
export function openInferenceServer(
  description: InferenceDescription,
  secrets: SecretPlaces,
): InferenceServer {
  const access = {
    description,
    headers: headersWithSecrets(description.headers ?? {}, secrets),
    tls: tlsOf(description, secrets),
  };
  const isGrpc = description.url.startsWith('grpc');
  return isGrpc ? new GrpcInferenceServer(access) : new HttpInferenceServer(access);
}

function tlsOf({ url, tls }: InferenceDescription, secrets: SecretPlaces): TlsMaterial | undefined {
  const isTls = url.startsWith('grpcs:') || url.startsWith('https:');
  if (!isTls) {
    if (tls === undefined) return undefined;
    throw new LyceumError('INVALID_ARGUMENT', `tls is for grpcs:// and https://, not for ${url}`);
  }
  if ((tls?.certificate === undefined) !== (tls?.key === undefined)) {
    throw new LyceumError('INVALID_ARGUMENT', 'tls: a certificate and its key go together');
  }
  const text = (secret: string | undefined) =>
    secret === undefined ? undefined : readSecret(secrets, secret);
  return { ca: text(tls?.ca), certificate: text(tls?.certificate), key: text(tls?.key) };
}
