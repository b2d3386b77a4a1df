/**
 * Mutual TLS between the programs: this program's certificate, and the authorities that it trusts. They are in a
 * folder, under the file names that cert-manager and Kubernetes' secrets of type `kubernetes.io/tls` use.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import { readGivenFile } from '../files/index.js';

/** Texts in PEM. */
export interface TlsIdentity {
  /** Certificates of the trusted authorities: a peer needs a certificate that one of them signed. */
  readonly ca: string;
  /** This program's certificate, followed by intermediate ones. */
  readonly certificate: string;
  readonly key: string;
}

/** Ten times a bundle of all authorities that a browser trusts. */
const FILE_MAX_BYTES = 4 * 1024 ** 2;

export const TLS_FILES = { ca: 'ca.crt', certificate: 'tls.crt', key: 'tls.key' } as const;

/** Whether a passphrase is needed for a private key in PEM. */
export function isEncryptedKey(pem: string): boolean {
  return /^-----BEGIN ENCRYPTED |^Proc-Type: .*ENCRYPTED/m.test(pem);
}

/**
 * Reads `ca.crt`, `tls.crt` and `tls.key`.
 *
 * @param nowMs - Unix time.
 * @throws {LyceumError} INVALID_ARGUMENT, naming the file, if a file cannot be read or does not hold what its name
 *   says, if the key is encrypted, if key and certificate do not belong together, or if the certificate is not valid
 *   now.
 */
export function readTlsIdentity(folder: string, nowMs: number): TlsIdentity {
  const [ca, certificate, key] = [TLS_FILES.ca, TLS_FILES.certificate, TLS_FILES.key].map((name) =>
    text(join(folder, name)),
  ) as [string, string, string];
  parsed(join(folder, TLS_FILES.ca), 'certificate', () => new X509Certificate(ca));
  const file = join(folder, TLS_FILES.certificate);
  const own = parsed(file, 'certificate', () => new X509Certificate(certificate));
  const keyFile = join(folder, TLS_FILES.key);
  if (isEncryptedKey(key)) {
    throw refused(`${keyFile} is encrypted; want it without a passphrase`);
  }
  if (!own.checkPrivateKey(parsed(keyFile, 'private key', () => createPrivateKey(key)))) {
    throw refused(`${keyFile} is not the key of the certificate in ${file}`);
  }
  const clock = `the clock here says ${new Date(nowMs).toISOString()}`;
  if (nowMs < Date.parse(own.validFrom)) {
    throw refused(`the certificate in ${file} is not valid before ${own.validFrom}; ${clock}`);
  }
  if (nowMs > Date.parse(own.validTo)) {
    throw refused(`the certificate in ${file} was valid until ${own.validTo}; renew it (${clock})`);
  }
  return { ca, certificate, key };
}

/** {@link readTlsIdentity} of a program's folder; undefined: the program has none, and goes without TLS. */
export function tlsIdentityIn(folder: string | undefined, nowMs: number): TlsIdentity | undefined {
  return folder === undefined ? undefined : readTlsIdentity(folder, nowMs);
}

/** Values of a certificate's extended key usage, RFC 5280, §4.2.1.12. */
const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';

/**
 * Refuses to serve with a client-only certificate: callers would refuse it, and nobody would say why.
 *
 * @throws {LyceumError} FAILED_PRECONDITION
 */
export function checkServerCertificate(identity: TlsIdentity): void {
  if (isFor(identity, SERVER_AUTHENTICATION)) return;
  const message =
    'this certificate is only for calls, as those of people are; a program that serves needs one of a server (coordinator certificates NAME --program NAME)';
  throw new LyceumError('FAILED_PRECONDITION', message);
}

/**
 * Refuses to call with a server-only certificate.
 *
 * @throws {LyceumError} FAILED_PRECONDITION
 */
export function checkClientCertificate(identity: TlsIdentity): void {
  if (isFor(identity, CLIENT_AUTHENTICATION)) return;
  const message =
    'this certificate is for serving alone, and a program that calls needs one of a client too (extended key usage clientAuth; coordinator certificates NAME --program NAME makes such a one)';
  throw new LyceumError('FAILED_PRECONDITION', message);
}

function isFor({ certificate }: TlsIdentity, usage: string): boolean {
  // Absent: a certificate for every use. Node's types do not know that.
  const usages = new X509Certificate(certificate).keyUsage as readonly string[] | undefined;
  return usages === undefined || usages.includes(usage);
}

function text(file: string): string {
  try {
    return readGivenFile(file, FILE_MAX_BYTES, 'INVALID_ARGUMENT').toString('utf8');
  } catch (err) {
    const want = `want ${Object.values(TLS_FILES).join(', ')} in that folder`;
    throw refused(`${err instanceof Error ? err.message : String(err)}; ${want}`, err);
  }
}

function parsed<T>(file: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch (err) {
    throw refused(`${file} is no ${what} in PEM`, err);
  }
}

function refused(message: string, cause?: unknown): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message, { cause });
}
