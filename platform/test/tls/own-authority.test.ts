/** Certificates of authorities that others made: other kinds of keys, names and key identifiers. Node checks them. */
import 'reflect-metadata';
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { expect, it } from 'vitest';
import { type CertificateAndKey, issueCertificate } from '../../src/certificates/index.js';

const VALIDITY = { fromMs: Date.now() - 60_000, toMs: Date.now() + 86_400_000 };
const ALICE = { name: 'alice', hosts: [] };

/** Has a subject with a country, which is text of another kind, and a key identifier that is no SHA-1. */
async function authorityWith(
  algorithm: RsaHashedKeyGenParams | EcKeyGenParams,
): Promise<CertificateAndKey> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'C=DE, O=Others, CN=own',
    keys,
    signingAlgorithm: { name: algorithm.name, hash: 'SHA-256' },
    notAfter: new Date(VALIDITY.toMs),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.SubjectKeyIdentifierExtension('0123456789abcdef'),
    ],
  });
  const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  const pem = x509.PemConverter.encode(key, 'PRIVATE KEY');
  return { certificate: certificate.toString('pem'), key: pem };
}

it.each([
  [
    'RSASSA-PKCS1-v1_5',
    { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' },
  ],
  ['ECDSA', { namedCurve: 'P-256' }],
  ['ECDSA', { namedCurve: 'P-384' }],
  ['ECDSA', { namedCurve: 'P-521' }],
])('issueCertificate signs with an authority of %s, %o', async (name, parameters) => {
  const authority = await authorityWith({ name, ...parameters } as EcKeyGenParams);
  const { certificate } = await issueCertificate(authority, ALICE, VALIDITY);
  const [own, issuer] = [
    new X509Certificate(certificate),
    new X509Certificate(authority.certificate),
  ];
  expect(own.checkIssued(issuer) && own.verify(issuer.publicKey)).toBe(true);
  const nameOf = (one: x509.Name) => Buffer.from(one.toArrayBuffer()).toString('hex');
  expect(nameOf(new x509.X509Certificate(certificate).issuerName)).toBe(
    nameOf(new x509.X509Certificate(authority.certificate).subjectName),
  );
});

it('issueCertificate takes a key in the form of OpenSSL before 1.0', async () => {
  const authority = await authorityWith({ name: 'ECDSA', namedCurve: 'P-256' });
  const key = createPrivateKey(authority.key).export({ type: 'sec1', format: 'pem' }).toString();
  const { certificate } = await issueCertificate({ ...authority, key }, ALICE, VALIDITY);
  const issuer = new X509Certificate(authority.certificate);
  expect(new X509Certificate(certificate).verify(issuer.publicKey)).toBe(true);
});

it('issueCertificate names the kinds of keys that it can use', async () => {
  const { certificate } = await authorityWith({ name: 'ECDSA', namedCurve: 'P-256' });
  const key = generateKeyPairSync('ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
  await expect(issueCertificate({ certificate, key }, ALICE, VALIDITY)).rejects.toThrow(
    'of the kind ed25519; want RSA, or ECDSA on P-256, P-384 or P-521',
  );
});
