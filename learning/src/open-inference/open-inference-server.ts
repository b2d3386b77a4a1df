/** Makes the client for a server's transport from its description, with the secrets filled in. */
import {
  calleeOf,
  headersWithSecrets,
  type Outside,
  readSecret,
  type SecretPlaces,
  type TlsMaterial,
} from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import type { InferenceDescription } from '../specification/index.js';
import { GrpcInferenceServer } from './grpc-inference-server.js';
import { HttpInferenceServer } from './http-inference-server.js';
import type { InferenceServer } from './inference-server.js';

/**
 * Connects at the first call, which throws PERMISSION_DENIED if no address of the host may be called.
 *
 * @throws {LyceumError} FAILED_PRECONDITION if a secret is not there or is not what it should be, PERMISSION_DENIED if
 *   it is not for this host, INVALID_ARGUMENT if half of a key pair is named.
 */
export function openInferenceServer(
  description: InferenceDescription,
  { secrets, addresses }: Outside,
): InferenceServer {
  const access = {
    description,
    ...headersWithSecrets(description.headers ?? {}, secrets, description.url),
    tls: tlsOf(description, secrets),
    addresses,
  };
  const isGrpc = description.url.startsWith('grpc');
  return isGrpc ? new GrpcInferenceServer(access) : new HttpInferenceServer(access);
}

/** What a PEM text holds. Checked here: TLS would say what OpenSSL says of it, or trust no server. */
interface PemKind {
  readonly begin: RegExp;
  readonly want: string;
}

const CERTIFICATE: PemKind = {
  begin: /^-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/m,
  want: 'certificate',
};

const KEY: PemKind = {
  begin: /^-----BEGIN (?!ENCRYPTED )[A-Z ]*PRIVATE KEY-----/m,
  want: 'private key without a passphrase',
};

function tlsOf({ url, tls }: InferenceDescription, secrets: SecretPlaces): TlsMaterial | undefined {
  const isTls = url.startsWith('grpcs:') || url.startsWith('https:');
  if (!isTls) {
    if (tls === undefined) return undefined;
    throw new LyceumError('INVALID_ARGUMENT', `tls is for grpcs:// and https://, not for ${url}`);
  }
  if ((tls?.certificate === undefined) !== (tls?.key === undefined)) {
    throw new LyceumError('INVALID_ARGUMENT', 'tls: a certificate and its key go together');
  }
  const callee = calleeOf(url);
  const text = (secret: string | undefined, { begin, want }: PemKind) => {
    if (secret === undefined) return undefined;
    const read = readSecret(secrets, secret, callee);
    if (begin.test(read)) return read;
    throw new LyceumError('FAILED_PRECONDITION', `tls: the secret ${secret} is no ${want} in PEM`);
  };
  return {
    ca: text(tls?.ca, CERTIFICATE),
    certificate: text(tls?.certificate, CERTIFICATE),
    key: text(tls?.key, KEY),
  };
}
