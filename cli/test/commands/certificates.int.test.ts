/** `coordinator certificates` as a process; Node's OpenSSL checks what it writes. */
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTlsIdentity } from '@lyceum/platform';
import { createAuthority } from '@lyceum/platform/certificates';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCli } from './cli-process.js';

const NOBODY = '127.0.0.1:1';
const DAY_MS = 86_400_000;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-certificates-'));
});
afterEach(() => rm(folder, { recursive: true }));

const certificates = (...args: string[]) =>
  runCli(NOBODY, 'certificates', ...args, '--dir', join(folder, 'all'));

async function read(...names: string[]): Promise<string> {
  return readFile(join(folder, 'all', ...names), 'utf8');
}

test('certificates writes a folder for --tls-dir for each name, all of one authority', async () => {
  const { code, stdout, stderr } = await certificates(
    'nats',
    '--program',
    'mailer',
    '--host',
    'nats.example',
    '--days',
    '30',
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.trim().split('\n')).toHaveLength(2);
  const authority = new X509Certificate(await read('ca.crt'));
  for (const name of ['nats', 'mailer']) {
    const identity = readTlsIdentity(join(folder, 'all', name), Date.now());
    const own = new X509Certificate(identity.certificate);
    expect(own.checkIssued(authority) && own.verify(authority.publicKey)).toBe(true);
    expect(own.ca).toBe(false);
    for (const host of [name, 'localhost', 'nats.example']) expect(own.checkHost(host)).toBe(host);
    for (const address of ['127.0.0.1', '::1']) expect(own.checkIP(address)).toBe(address);
    expect(own.checkHost('elsewhere.example')).toBeUndefined();
    const days = (Date.parse(own.validTo) - Date.now()) / DAY_MS;
    expect(days).toBeGreaterThan(29);
    expect(days).toBeLessThan(31);
    expect((await stat(join(folder, 'all', name, 'tls.key'))).mode & 0o077).toBe(0);
  }
  expect(authority.checkPrivateKey(createPrivateKey(await read('ca.key')))).toBe(true);
  expect((await stat(join(folder, 'all', 'ca.key'))).mode & 0o077).toBe(0);
});

test('certificates gives a person a certificate for calls only, which servers refuse as their own', async () => {
  const { code, stdout } = await certificates('coordinator', 'alice');
  expect(code).toBe(0);
  expect(stdout.trim().split('\n')[1]).toMatch(/alice is valid until .*, only for calls$/);
  const usages = async (name: string) =>
    new X509Certificate(await read(name, 'tls.crt')).keyUsage as readonly string[];
  const [server, client] = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];
  expect(await usages('coordinator')).toEqual([server, client]);
  expect(await usages('alice')).toEqual([client]);
  const alice = new X509Certificate(await read('alice', 'tls.crt'));
  expect(alice.subjectAltName).toBeUndefined();
  // Also if a client takes the host's name from the subject.
  for (const host of ['localhost', '127.0.0.1']) expect(alice.checkHost(host)).toBeUndefined();

  const tlsDir = join(folder, 'all', 'alice');
  const stateDir = join(folder, 'state');
  for (const command of [['serve', '--listen', '127.0.0.1:0'], ['up']]) {
    const { code, stderr } = await runCli(
      NOBODY,
      ...['--tls-dir', tlsDir, ...command, '--state-dir', stateDir],
    );
    expect(code, stderr).not.toBe(0);
    expect(stderr).toContain('this certificate is only for calls');
  }
});

test('certificates keeps the authority when called again, and renews the certificate', async () => {
  await certificates('alice');
  const [authority, first] = [await read('ca.crt'), await read('alice', 'tls.crt')];
  expect((await certificates('alice', 'bob')).code).toBe(0);
  expect(await read('ca.crt')).toBe(authority);
  expect(await read('bob', 'ca.crt')).toBe(authority);
  const second = await read('alice', 'tls.crt');
  expect(second).not.toBe(first);
  expect(new X509Certificate(second).checkIssued(new X509Certificate(authority))).toBe(true);
});

test.each([
  [['Alice'], 'small letters'],
  [['../alice'], 'small letters'],
  [[], 'want the names'],
  [['alice', '--days', '0'], 'from 1 to 3650'],
  [['alice', '--host', 'gpu-box:7700'], 'without a port'],
  [['alice', '--host', 'gpu-box'], 'alice only call'],
])('certificates %j is wrong usage: exit code 2', async (args, words) => {
  const { code, stderr } = await certificates(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(words);
});

test('certificates takes --program without further names', async () => {
  const { code, stdout } = await certificates('--program', 'proxy');
  expect(code).toBe(0);
  expect(stdout).toMatch(/proxy is valid until [^ ]*$/m);
});

test('certificates refuses an authority without its key, or with the key of another', async () => {
  await certificates('alice');
  await rm(join(folder, 'all', 'ca.key'));
  const half = await certificates('bob');
  expect(half.code).toBe(2);
  expect(half.stderr).toMatch(/there is .*ca\.crt, but no .*ca\.key/);

  await writeFile(join(folder, 'all', 'ca.key'), await read('alice', 'tls.key'));
  const mixed = await certificates('bob');
  expect(mixed.code).toBe(2);
  expect(mixed.stderr).toContain('is not the key of');
});

test('certificates are valid no longer than their authority, and none is issued after its end', async () => {
  await mkdir(join(folder, 'all'));
  const authorityUntil = async (toMs: number) => {
    const made = await createAuthority('own', { fromMs: Date.now() - 9 * DAY_MS, toMs });
    await writeFile(join(folder, 'all', 'ca.crt'), made.certificate);
    await writeFile(join(folder, 'all', 'ca.key'), made.key);
  };
  await authorityUntil(Date.now() + 5 * DAY_MS);
  const { code, stdout } = await certificates('alice');
  expect(code).toBe(0);
  const { validTo } = new X509Certificate(await read('ca.crt'));
  expect(new X509Certificate(await read('alice', 'tls.crt')).validTo).toBe(validTo);
  expect(stdout).toContain(`is valid until ${new Date(validTo).toISOString()}, only for calls`);

  await authorityUntil(Date.now() - DAY_MS);
  const late = await certificates('alice');
  expect(late.code).toBe(2);
  expect(late.stderr).toMatch(/the authority in .*all was valid until .*; name another --dir/);
});

test("certificates says that an authority's key is encrypted", async () => {
  await certificates('alice');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const locked = { cipher: 'aes-256-cbc', passphrase: 'secret' };
  const text = privateKey.export({ type: 'pkcs8', format: 'pem', ...locked });
  await writeFile(join(folder, 'all', 'ca.key'), text);
  const { code, stderr } = await certificates('alice');
  expect(code).toBe(2);
  expect(stderr).toMatch(/ca\.key is encrypted; want it without a passphrase/);
});
