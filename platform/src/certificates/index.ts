/**
 * Certificates for mutual TLS: a private authority, and the certificates that it signs. ECDSA with SHA-256 on P-256,
 * X.509 v3 (RFC 5280); an authority that others made may have another kind of key. A door of its own: only a program
 * that issues certificates loads the library behind it.
 */
// The library needs this import first.
import 'reflect-metadata';
import { createPrivateKey, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { LyceumError } from '@lyceum/proto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

interface SigningAlgorithm {
  readonly name: string;
  readonly namedCurve?: string;
  readonly hash: string;
}

/** How an authority signs, by the kind of its key: an elliptic curve's OpenSSL name, or `rsa`. */
const SIGNING_ALGORITHMS: Readonly<Record<string, SigningAlgorithm>> = {
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  prime256v1: ALGORITHM,
  secp384r1: { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  secp521r1: { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' },
};

/** Clocks of other machines may be behind. */
const BACKDATED_MS = 3_600_000;

/** A certificate and its private key, PEM. */
export interface CertificateAndKey {
  readonly certificate: string;
  readonly key: string;
}

export interface Validity {
  /** Unix time, milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a certificate is for: a program, or a person who calls. */
export interface Subject {
  readonly name: string;
  /** DNS names and IP addresses at which it may serve; none: its holder only calls, as a person does. */
  readonly hosts: readonly string[];
}

/** @returns a validity from now on. */
export function validFor(days: number, nowMs: number): Validity {
  return { fromMs: nowMs - BACKDATED_MS, toMs: nowMs + days * 86_400_000 };
}

/** An authority that signs its own certificate. */
export async function createAuthority(
  name: string,
  validity: Validity,
): Promise<CertificateAndKey> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...common(validity),
    name: [{ CN: [name] }],
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pemOf(certificate), key: await keyText(keys.privateKey) };
}

/**
 * A certificate for a program that serves and calls, or for somebody who only calls: callers refuse a server that
 * shows the latter.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if the authority's key is of a kind that is not supported.
 * @throws {Error} if the authority's certificate or key is not PEM.
 */
export async function issueCertificate(
  authority: CertificateAndKey,
  { name, hosts }: Subject,
  validity: Validity,
): Promise<CertificateAndKey> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const signer = await signerOf(authority.key);
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    ...common(validity),
    subject: [{ CN: [name] }],
    // Byte for byte: programs may compare names so.
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    ...signer,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        ...(hosts.length > 0 ? [x509.ExtendedKeyUsage.serverAuth] : []),
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      ...(hosts.length > 0 ? [namesOf(hosts)] : []),
      await keyIdentifierOf(issuer),
    ],
  });
  return { certificate: pemOf(certificate), key: await keyText(keys.privateKey) };
}

async function signerOf(
  key: string,
): Promise<{ readonly signingKey: CryptoKey; readonly signingAlgorithm: SigningAlgorithm }> {
  const read = createPrivateKey(key);
  const kind = read.asymmetricKeyDetails?.namedCurve ?? read.asymmetricKeyType ?? 'unknown';
  const signingAlgorithm = SIGNING_ALGORITHMS[kind];
  if (signingAlgorithm === undefined) {
    const message = `the authority's key is of the kind ${kind}; want RSA, or ECDSA on P-256, P-384 or P-521`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const bytes = read.export({ type: 'pkcs8', format: 'der' });
  const signingKey = await crypto.subtle.importKey('pkcs8', bytes, signingAlgorithm, false, [
    'sign',
  ]);
  return { signingKey, signingAlgorithm };
}

/** Names the authority's key as the authority itself does: there are several ways to compute the name. */
async function keyIdentifierOf(
  issuer: x509.X509Certificate,
): Promise<x509.AuthorityKeyIdentifierExtension> {
  const own = issuer.getExtension(x509.SubjectKeyIdentifierExtension);
  return own === null
    ? await x509.AuthorityKeyIdentifierExtension.create(issuer)
    : new x509.AuthorityKeyIdentifierExtension(own.keyId);
}

function namesOf(hosts: readonly string[]): x509.SubjectAlternativeNameExtension {
  const names = hosts.map((value) => ({
    type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const),
    value,
  }));
  return new x509.SubjectAlternativeNameExtension(names);
}

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function common({ fromMs, toMs }: Validity) {
  return {
    // Positive, and unlike any other.
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    notBefore: new Date(fromMs),
    notAfter: new Date(toMs),
    signingAlgorithm: ALGORITHM,
  };
}

function pemOf(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

async function keyText(key: CryptoKey): Promise<string> {
  const bytes = await crypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(bytes, 'PRIVATE KEY')}\n`;
}
