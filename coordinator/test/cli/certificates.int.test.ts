/** `coordinator certificates` as a process; what it writes is checked by OpenSSL, as Node has it. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTlsIdentity } from '@lyceum/proto/node';
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

test('each name gets what --tls-dir wants, of one authority', async () => {
  const { code, stdout, stderr } = await certificates(
    'nats',
    'alice',
    '--host',
    'nats.example',
    '--days',
    '30',
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.trim().split('\n')).toHaveLength(2);
  const authority = new X509Certificate(await read('ca.crt'));
  for (const name of ['nats', 'alice']) {
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

test('a second time the authority is the same, and the certificate is new', async () => {
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
  [[], "missing required argument 'names'"],
  [['alice', '--days', '0'], 'at least 1'],
  [['alice', '--host', 'gpu-box:7700'], 'without a port'],
])('%j is wrong usage: 2', async (args, words) => {
  const { code, stderr } = await certificates(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(words);
});

test('half an authority is no authority, and is not written over', async () => {
  await certificates('alice');
  await rm(join(folder, 'all', 'ca.key'));
  const half = await certificates('bob');
  expect(half.code).toBe(2);
  expect(half.stderr).toMatch(/ca\.crt is there and .*ca\.key is not/);

  await writeFile(join(folder, 'all', 'ca.key'), await read('alice', 'tls.key'));
  const mixed = await certificates('bob');
  expect(mixed.code).toBe(2);
  expect(mixed.stderr).toContain('is not the key of');
});
