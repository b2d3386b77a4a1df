// Access to the NATS of a local cluster of real processes.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger } from '@lyceum/platform';
import { connectNats, natsCredentialsIn } from '@lyceum/platform/nats';
import { NATS_ROLES, RUN_BUCKET } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { startCluster } from './cluster-runs.js';

const log = createLogger({ name: 'test', level: 'silent' });

let folder: string;
let cluster: LocalCluster;

const started = () =>
  startCluster({
    stateDir: folder,
  });

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-users-'));
  cluster = await started();
});

afterAll(async () => {
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('NATS of a local cluster refuses a client without a user', async () => {
  const stranger = connectNats({ url: cluster.natsUrl, name: 'stranger', log });
  await expect(stranger).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
});

test('the NATS user of student workers cannot read run records', async () => {
  const student = await connectNats({
    url: cluster.natsUrl,
    name: 'attacker',
    role: 'student-worker',
    log,
    credentials: cluster.natsCredentials('student-worker'),
  });
  try {
    await expect(student.keyValue(RUN_BUCKET, { create: false })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  } finally {
    await student.close();
  }
});

test('NATS passwords are in files of their owner only, and in no process list or log', async () => {
  const passwords = NATS_ROLES.map((role) => cluster.natsCredentials(role).password);
  expect(new Set(passwords).size).toBe(3);
  for (const role of NATS_ROLES) {
    const file = path.join(folder, 'nats-users', `${role}.json`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(natsCredentialsIn(file)).toEqual(cluster.natsCredentials(role));
  }
  expect(statSync(path.join(folder, 'nats-users')).mode & 0o777).toBe(0o700);
  expect(statSync(path.join(folder, 'nats', 'nats-server.conf')).mode & 0o777).toBe(0o600);
  for (const { pid } of cluster.processes) {
    const shown = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    for (const password of passwords) expect(shown).not.toContain(password);
  }
  for (const name of readdirSync(path.join(folder, 'logs'))) {
    const text = readFileSync(path.join(folder, 'logs', name), 'utf8');
    for (const password of passwords) expect(text).not.toContain(password);
  }
});

test('NATS users stay as they are when the cluster starts again', async () => {
  const before = NATS_ROLES.map((role) => cluster.natsCredentials(role));
  await cluster.stop();
  cluster = await started();
  expect(NATS_ROLES.map((role) => cluster.natsCredentials(role))).toEqual(before);
});
