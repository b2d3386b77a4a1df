/** Folders with certificates that the test has just issued, and each thing that can be wrong with them. */
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  type CertificateAndKey,
  createAuthority,
  issueCertificate,
} from '../../src/certificates/index.js';
import {
  checkClientCertificate,
  checkServerCertificate,
  readTlsIdentity,
} from '../../src/index.js';

const NOW = Date.UTC(2031, 4, 6);
const DAY = 86_400_000;
const VALIDITY = { fromMs: NOW - DAY, toMs: NOW + DAY };

let authority: CertificateAndKey;
let own: CertificateAndKey;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-tls-identity-'));
  authority = await createAuthority('test', VALIDITY);
  own = await issueCertificate(authority, { name: 'a', hosts: ['localhost'] }, VALIDITY);
});
afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  await write('ca.crt', authority.certificate);
  await write('tls.crt', own.certificate);
  await write('tls.key', own.key);
});

function write(name: string, text: string): Promise<void> {
  return writeFile(join(folder, name), text);
}

test('readTlsIdentity reads a folder with ca.crt, tls.crt and tls.key', () => {
  const { certificate, key } = own;
  expect(readTlsIdentity(folder, NOW)).toEqual({ ca: authority.certificate, certificate, key });
});

test.each(['ca.crt', 'tls.crt', 'tls.key'])('readTlsIdentity names a missing %s', async (name) => {
  await rm(join(folder, name));
  expect(() => readTlsIdentity(folder, NOW)).toThrow(
    new RegExp(
      `${name} cannot be read: it does not exist \\(ENOENT\\); want ca.crt, tls.crt, tls.key in that folder`,
    ),
  );
});

test.each([
  ['ca.crt', 'is no certificate in PEM'],
  ['tls.crt', 'is no certificate in PEM'],
  ['tls.key', 'is no private key in PEM'],
])('readTlsIdentity names %s when it cannot be parsed', async (name, message) => {
  await write(name, '-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n');
  expect(() => readTlsIdentity(folder, NOW)).toThrow(`${join(folder, name)} ${message}`);
});

test('readTlsIdentity refuses the key of another certificate', async () => {
  await write('tls.key', authority.key);
  expect(() => readTlsIdentity(folder, NOW)).toThrow(
    `${join(folder, 'tls.key')} is not the key of the certificate in ${join(folder, 'tls.crt')}`,
  );
});

test.each([
  [
    NOW + 2 * DAY,
    'was valid until May  7 00:00:00 2031 GMT; renew it (the clock here says 2031-05-08T00:00:00.000Z)',
  ],
  [
    NOW - 2 * DAY,
    'is not valid before May  5 00:00:00 2031 GMT; the clock here says 2031-05-04T00:00:00.000Z',
  ],
])('readTlsIdentity refuses a certificate outside its validity (now %d)', (nowMs, message) => {
  expect(() => readTlsIdentity(folder, nowMs)).toThrow(message);
});

/** `openssl req -x509 … -addext extendedKeyUsage=serverAuth` */
const SERVES_ONLY = `-----BEGIN CERTIFICATE-----
MIIBmTCCAT6gAwIBAgIURVdV/DoyrZbDfNV5Q8Mp1hekTSwwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLc2VydmVzLW9ubHkwIBcNMjYxMTI5MTYxNzMxWhgPMjEyNjEx
MDUxNjE3MzFaMBYxFDASBgNVBAMMC3NlcnZlcy1vbmx5MFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAE+CvNpywxLm61gaYFxj1R92r7a/AEgVuI2XsifIV5yoVS+cTX
QS2ejsmd/uMkVPF7LA5JyAKLWI3QJ3A0sjCIwqNoMGYwHQYDVR0OBBYEFNQP6kuq
Kz/ItyRglNgGbKhXAHFnMB8GA1UdIwQYMBaAFNQP6kuqKz/ItyRglNgGbKhXAHFn
MA8GA1UdEwEB/wQFMAMBAf8wEwYDVR0lBAwwCgYIKwYBBQUHAwEwCgYIKoZIzj0E
AwIDSQAwRgIhAOODKDEMwiLRN8oWmEirME0GiXNuFEdhBL4UrdJcsLdzAiEAvyvQ
z4N+CoDWep9DlhVWxGZ+JTwAPACqvpHTH2QAuGQ=
-----END CERTIFICATE-----
`;

test('a certificate for calls alone may not serve, and one for serving alone may not call', async () => {
  const person = await issueCertificate(authority, { name: 'alice', hosts: [] }, VALIDITY);
  const identity = (certificate: string) => ({ ca: '', certificate, key: '' });
  checkServerCertificate(identity(own.certificate));
  checkClientCertificate(identity(own.certificate));
  checkClientCertificate(identity(person.certificate));
  expect(() => checkServerCertificate(identity(person.certificate))).toThrow('only for calls');
  checkServerCertificate(identity(SERVES_ONLY));
  expect(() => checkClientCertificate(identity(SERVES_ONLY))).toThrow('for serving alone');
});

test.each(['pkcs8', 'sec1'] as const)(
  'readTlsIdentity says that a key in the form of %s is encrypted',
  async (type) => {
    const locked = { cipher: 'aes-256-cbc', passphrase: 'secret' };
    const pem = createPrivateKey(own.key).export({ type, format: 'pem', ...locked });
    await write('tls.key', pem.toString());
    expect(() => readTlsIdentity(folder, NOW)).toThrow(
      `${join(folder, 'tls.key')} is encrypted; want it without a passphrase`,
    );
  },
);
