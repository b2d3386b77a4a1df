/**
 * A cluster whose programs and NATS want certificates of each other and of clients: a run, and clients without one.
 */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, readTlsIdentity } from '@lyceum/platform';
import { connectNats } from '@lyceum/platform/nats';
import { ArtifactKind } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CoordinatorClient } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { runCli } from '../commands/cli-process.js';
import { runDocument, startCluster, succeeded } from './cluster-runs.js';
import { smallImagesBytes } from './small-images.js';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const NOBODY = '127.0.0.1:1';

let folder: string;
let tlsDir: string;
let cluster: LocalCluster;
let client: CoordinatorClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-mutual-tls-'));
  tlsDir = await issued('ours');
  cluster = await startCluster({
    // Other machines can reach it: with TLS that needs no --insecure.
    listen: '0.0.0.0:0',
    env: { LYCEUM_DASHBOARD: '0.0.0.0:0' },
    tlsDir,
  });
  client = new CoordinatorClient(cluster.address, readTlsIdentity(tlsDir, Date.now()));
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true });
});

/** @returns the folder of a certificate of an authority of its own. */
async function issued(authority: string): Promise<string> {
  const dir = join(folder, authority);
  const whom = ['everybody', '--program', 'everybody'];
  const { code, stderr } = await runCli(NOBODY, 'certificates', ...whom, '--dir', dir);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return join(dir, 'everybody');
}

test('a distillation succeeds in a cluster with mutual TLS', async () => {
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'images', smallImagesBytes());
  const student = { model: { architecture: 'mlp', hiddenUnits: [4] } };
  const spec = { dataset: 'images', student, training: { epochs: 2, batchSize: 32 } };
  const runs = [
    { kind: 'Training', name: 'teacher', spec },
    { kind: 'Distillation', name: 'student', spec: { ...spec, teachers: [{ name: 't', model: 'run:teacher' }], teacherHealth: { accept: ['t'] }, objective: [{ term: 'kd', weight: 1, temperature: 2 }] } },
  ]; // biome-ignore format: short
  for (const { kind, name, spec } of runs) {
    await client.submitRun(runDocument(name, spec, kind));
    await succeeded(client, name);
  }
});

test('the command line lists runs with a certificate', async () => {
  const { code, stdout } = await runCli(cluster.address, 'list', '--tls-dir', tlsDir);
  expect(code).toBe(0);
  expect(stdout).toContain('student');
});

test('the dashboard lets a browser in only with a certificate of its authority', async () => {
  const log = await readFile(join(cluster.stateDir, 'logs', 'coordinator.log'), 'utf8');
  const [, port] = /"url":"https:\/\/0\.0\.0\.0:(\d+)\/"/.exec(log) ?? [];
  const { ca, certificate: cert, key } = readTlsIdentity(tlsDir, Date.now());
  const asked = async (options: RequestOptions, path = '/api/runs') => {
    const call = request({ host: 'localhost', port, path, ca, agent: false, ...options }).end();
    const [response] = await once(call, 'response');
    let text = '';
    for await (const part of response) text += part;
    return { status: response.statusCode, text };
  };
  const own = { cert, key };
  expect(await asked(own)).toMatchObject({ status: 200, text: expect.stringContaining('student') });
  await expect(asked({})).rejects.toThrow();
  const other = readTlsIdentity(await issued('others'), Date.now());
  await expect(asked({ cert: other.certificate, key: other.key })).rejects.toThrow();
  expect(
    await asked({ ...own, servername: 'localhost', headers: { host: 'evil.example' } }),
  ).toMatchObject({ status: 421 });
});

test('the command line without a certificate is told to use --tls-dir', async () => {
  const { code, stderr } = await runCli(cluster.address, 'list');
  expect(code).toBe(4);
  expect(stderr).toContain(`no coordinator answers at ${cluster.address}`);
  expect(stderr).toContain('--tls-dir');
});

test('the command line with a certificate of another authority is told about the certificate', async () => {
  const { code, stderr } = await runCli(
    cluster.address,
    'list',
    '--tls-dir',
    await issued('theirs'),
  );
  expect(code).toBe(4);
  expect(stderr).toContain('certificate');
});

test('every program has a metric of the end of its certificate', async () => {
  const identity = readTlsIdentity(tlsDir, Date.now());
  const end = Date.parse(new X509Certificate(identity.certificate).validTo) / 1000;
  const programs = cluster.processes.filter(({ http }) => http !== undefined);
  expect(programs.map(({ kind }) => kind).sort()).toEqual(['coordinator', 'student', 'teacher']);
  for (const { http } of programs) {
    const metrics = await (await fetch(`http://${http}/metrics`)).text();
    expect(metrics).toContain(`lyceum_tls_certificate_expiry_timestamp_seconds ${end}`);
  }
});

test('NATS refuses a client without a certificate', async () => {
  const log = createLogger({ name: 'test', level: 'silent' });
  const credentials = cluster.natsCredentials('coordinator');
  const { natsUrl: url } = cluster;
  await expect(connectNats({ url, name: 'x', log, credentials })).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
  });
});

test('NATS refuses a client with a good certificate and without a user', async () => {
  const log = createLogger({ name: 'test', level: 'silent' });
  const tls = readTlsIdentity(tlsDir, Date.now());
  await expect(connectNats({ url: cluster.natsUrl, name: 'x', log, tls })).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
  });
});
