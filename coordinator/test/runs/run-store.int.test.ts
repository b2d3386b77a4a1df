// Two stores on one real `nats-server`: the leader's, and a former leader's that has not noticed its end. Another
// store's server is stopped or killed during writes.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@lyceum/platform';
import {
  connectNats,
  findNatsServer,
  type KeyValue,
  type Nats,
  type NatsServer,
  startNatsServer,
} from '@lyceum/platform/nats';
import { LyceumError, RUN_BUCKET } from '@lyceum/proto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunRecord } from '../../src/runs/record/run-record.js';
import { RunStore } from '../../src/runs/run-store.js';
import { eventually } from '../serve/test-coordinator.js';
import { queued } from './queued-run.js';

const log = createLogger({ name: 'test', level: 'silent' });
let folder: string;
let server: NatsServer;
let nats: Nats;
let kv: KeyValue;

function startServer(port = 0): Promise<NatsServer> {
  const binary = findNatsServer(process.env);
  if (binary === undefined) throw new Error('no nats-server: run npm test, which gets one');
  return startNatsServer({ binary, storeDir: join(folder, 'nats'), port, log });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-run-store-'));
  server = await startServer();
  nats = await connectNats({ url: server.url, name: 'test', log });
  kv = await nats.keyValue(RUN_BUCKET, { create: true });
});

afterAll(async () => {
  await nats.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

/** The store of a coordinator that believes that it leads. */
function storeOf(leaderEpoch: number): Promise<RunStore> {
  return RunStore.open(kv, { leaderEpoch, assertHeld: async () => {} }, log);
}

const preparing = (record: RunRecord): RunRecord => ({ ...record, state: 'PREPARING' });
const failed = (record: RunRecord): RunRecord => ({ ...record, state: 'FAILED' });

it('RunStore of a former leader cannot overwrite a record that a later leader has taken over', async () => {
  const first = await storeOf(1);
  await first.create(queued());
  const second = await storeOf(2);
  expect(second.require('run').leaderEpoch).toBe(2);

  await expect(first.update('run', failed)).rejects.toMatchObject({ code: 'ABORTED' });
  expect((await second.update('run', preparing)).state).toBe('PREPARING');
  await expect(first.update('run', failed)).rejects.toMatchObject({ code: 'ABORTED' });
  expect((await storeOf(3)).require('run').state).toBe('PREPARING');
});

it('RunStore creates no record once leadership is lost', async () => {
  const emptyKv = await nats.keyValue('empty', { create: true });
  const lost = async () => {
    throw new LyceumError('ABORTED', 'another coordinator leads now');
  };
  const store = await RunStore.open(emptyKv, { leaderEpoch: 4, assertHeld: lost }, log);
  const late = { ...queued(), runId: 'late' };
  await expect(store.create(late)).rejects.toMatchObject({ code: 'ABORTED' });
  expect(await emptyKv.get('late')).toBeUndefined();
});

/** Whether all threads of a process have stopped: on a busy machine some run on for a while after SIGSTOP. */
async function hasStopped(pid: number): Promise<boolean> {
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const status = await readFile(`/proc/${pid}/task/${thread}/status`, 'utf8');
    if (!/^State:\s+T/m.test(status)) return false;
  }
  return true;
}

/** Writes while the server is stopped for longer than the client waits: the write is made, its receipt lost. */
async function withoutReceipt(write: () => Promise<unknown>): Promise<void> {
  process.kill(server.pid, 'SIGSTOP');
  try {
    await eventually(() => hasStopped(server.pid));
    await expect(write()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
}

it('RunStore knows a run whose creation lost its receipt after a second create', async () => {
  const store = await storeOf(5);
  const lost = { ...queued(), runId: 'lost' };
  const heard: string[] = [];
  store.onChange((runId) => heard.push(runId));
  await withoutReceipt(() => store.create(lost));
  expect(store.get('lost')).toBeUndefined();
  await expect(store.create(lost)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  // One run was there before.
  expect(store.require('lost')).toEqual({ ...lost, sequence: 2, leaderEpoch: 5 });
  expect(heard).toEqual(['lost']);
  expect((await store.update('lost', preparing)).state).toBe('PREPARING');
});

it('RunStore makes a change once whose receipt was lost', async () => {
  const store = await storeOf(6);
  await store.create({ ...queued(), runId: 'changed' });
  const next = (record: RunRecord): RunRecord | undefined =>
    record.state === 'PREPARING'
      ? undefined
      : { ...preparing(record), attempt: record.attempt + 1 };
  await withoutReceipt(() => store.update('changed', next));
  expect((await store.update('changed', next)).attempt).toBe(2);
  expect((await storeOf(7)).require('changed')).toMatchObject({ state: 'PREPARING', attempt: 2 });
});

it('RunStore goes on after the NATS server was killed during a write', async () => {
  const store = await storeOf(8);
  const killed = { ...queued(), runId: 'killed' };
  const creation = store.create(killed).catch((err: unknown) => err);
  process.kill(server.pid, 'SIGKILL');
  await server.exited;
  const port = Number(new URL(server.url).port);
  server = await startServer(port);
  await creation;
  await eventually(async () => {
    await store.create(killed).catch(() => {});
    return store.get('killed');
  });
  expect((await store.update('killed', preparing)).state).toBe('PREPARING');
  expect((await storeOf(9)).require('killed').state).toBe('PREPARING');
});
