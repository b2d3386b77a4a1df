/** `doctor` as a process: against a real cluster with certificates, and against broken parts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Finding } from '../../src/doctor/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { runCli } from '../commands/cli-process.js';
import { startCluster } from '../local-cluster/cluster-runs.js';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const NOBODY = '127.0.0.1:1';

let folder = '';
let ours = '';
let cluster: LocalCluster;
let server: Server | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-doctor-'));
  ours = await issued('ours');
  cluster = await startCluster({
    teacherWorkers: 0,
    studentWorkers: 0,
    tlsDir: ours,
  });
});
afterAll(async () => {
  await cluster?.stop();
  await rm(folder, { recursive: true });
});
afterEach(() => server?.close());

/** @returns the folder of a certificate of an authority of its own. */
async function issued(authority: string): Promise<string> {
  const dir = join(folder, authority);
  const { code, stderr } = await runCli(NOBODY, 'certificates', 'coordinator', '--dir', dir);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return join(dir, 'coordinator');
}

interface Diagnosis {
  readonly code: number | null;
  /** By check: its levels and messages. */
  readonly found: ReadonlyMap<string, string>;
}

async function doctor(address: string, ...args: string[]): Promise<Diagnosis> {
  const { code, stdout, stderr } = await runCli(
    address,
    ...['doctor', '-o', 'json', '--state-dir', folder, '--cache', folder, ...args],
  );
  expect(stderr).toBe('');
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  expect(ok).toBe(code === 0);
  const found = new Map<string, string>();
  for (const { check, level, message } of findings) {
    found.set(check, `${found.get(check) ?? ''}${level}: ${message}\n`);
  }
  return { code, found };
}

/** A server that sends a line to each client, and hangs up. */
async function speaker(line: string): Promise<string> {
  const listening = createServer((socket) => socket.on('error', () => undefined).end(line));
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('a port');
  return `127.0.0.1:${address.port}`;
}

test('doctor finds no fault in a healthy cluster', async () => {
  const { code, found } = await doctor(
    cluster.address,
    ...['--tls-dir', ours, '--nats', cluster.natsUrl],
  );
  expect([...found.keys()]).toEqual(
    expect.arrayContaining(['node', 'engine', 'gpu', 'state folder', 'cache']),
  );
  expect(found.get('coordinator')).toMatch(/^ok: answers at/);
  expect(found.get('certificates')).toMatch(
    /^ok: coordinator is valid until .*\nok: the coordinator's certificate is for 127.0.0.1\n$/,
  );
  expect(found.get('versions')).toMatch(/^ok/);
  expect(found.get('workers')).toMatch(/^warning: 0 of teachers/);
  expect(found.get('nats')).toMatch(
    /^ok: 2\..* with JetStream\nwarning: it does not let this user/,
  );
  expect(code).toBe(0);
});

test('doctor reports a certificate of another authority, and a missing one', async () => {
  const strange = await doctor(cluster.address, '--tls-dir', await issued('theirs'));
  expect(strange.found.get('certificates')).toMatch(
    /\nfault: the coordinator's certificate is not trusted/,
  );
  expect(strange.found.get('coordinator')).toMatch(/^fault/);
  expect(strange.code).toBe(1);
  const none = await doctor(cluster.address);
  expect(none.found.get('coordinator')).toMatch(/^fault: .*it may want TLS/);
  expect(none.code).toBe(1);
});

test('doctor names a broken certificate, and does not call the coordinator with it', async () => {
  const broken = await issued('broken');
  await writeFile(join(broken, 'tls.crt'), '-----BEGIN CERTIFICATE-----\nAA\n');
  const { code, found } = await doctor(cluster.address, '--tls-dir', broken);
  expect(found.get('certificates')).toMatch(/^fault: .*tls.crt is no certificate in PEM/);
  expect(found.has('coordinator')).toBe(false);
  expect(code).toBe(1);
});

test('doctor warns of a missing coordinator, and reports an unreachable --nats as a fault', async () => {
  const { code, found } = await doctor(NOBODY, '--nats', 'nats://user:secret@127.0.0.1:1');
  expect(found.get('coordinator')).toMatch(/^warning: no coordinator answers/);
  expect(found.get('nats')).toMatch(/^fault: none at nats:\/\/127.0.0.1:1: .*ECONNREFUSED/);
  expect(code).toBe(1);
});

test.each(['user:secret@127.0.0.1:1', '127.0.0.1:1', 'nats://user:secret/@127.0.0.1:1'])(
  'doctor reports NATS at %s without user and password',
  async (address) => {
    const { code, found } = await doctor(NOBODY, '--nats', address);
    expect(found.get('nats')).toMatch(/^fault: none at (nats:\/\/)?127.0.0.1:1: /);
    expect(found.get('nats')).not.toContain('secret');
    expect(found.get('nats')).toContain(address.includes('/@') ? 'no address of NATS' : 'REFUSED');
    expect(code).toBe(1);
  },
);

test.each([
  ['INFO {"version":"2.11.0"}\r\n', 'runs without JetStream'],
  ['220 mail.example ESMTP\r\n', 'the program there is not NATS'],
  ['', 'the connection was closed without an answer'],
])('doctor reports a fault of a NATS that sends %j', async (line, words) => {
  const { code, found } = await doctor(NOBODY, '--nats', `nats://${await speaker(line)}`);
  expect(found.get('nats')).toMatch(/^fault/);
  expect(found.get('nats')).toContain(words);
  expect(code).toBe(1);
});

test('doctor prints lines with a level, a check and a remedy', async () => {
  const { stdout } = await runCli(NOBODY, 'doctor', '--state-dir', folder);
  expect(stdout).toMatch(/^ok {7}node {10}\d/m);
  expect(stdout).toMatch(/^warning {2}coordinator {3}no coordinator .*; to mend: coordinator up/m);
  expect(stdout).not.toContain('\u001b');
});
