/** From a server's description to whatever speaks its transport, with secrets in their places. */
import { type InferenceDescription, LyceumError } from '@lyceum/proto';
import {
  headersWithSecrets,
  readSecret,
  type SecretPlaces,
  type TlsMaterial,
} from '@lyceum/proto/node';
import { GrpcInferenceServer } from './grpc-inference-server.js';
import { HttpInferenceServer } from './http-inference-server.js';
import type { InferenceServer } from './inference-server.js';

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
