// Two stores on one real `nats-server`: that of a leader, and that of one who has not noticed its end.
import { mkdtemp, rm } from 'node:fs/promises';
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
import { queued } from './queued-run.js';

const log = createLogger({ name: 'test', level: 'silent' });
let folder: string;
let server: NatsServer;
let nats: Nats;
let kv: KeyValue;

beforeAll(async () => {
  const binary = findNatsServer(process.env);
  if (binary === undefined) throw new Error('no nats-server: run npm test, which gets one');
  folder = await mkdtemp(join(tmpdir(), 'lyceum-run-store-'));
  server = await startNatsServer({ binary, storeDir: join(folder, 'nats'), port: 0, log });
  nats = await connectNats({ url: server.url, name: 'test', log });
  kv = await nats.keyValue(RUN_BUCKET, { create: true });
});

afterAll(async () => {
  await nats.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

/** The store of a leader who believes that it leads. */
function storeOf(leaderEpoch: number): Promise<RunStore> {
  return RunStore.open(kv, { leaderEpoch, assertHeld: async () => {} }, log);
}

const preparing = (record: RunRecord): RunRecord => ({ ...record, state: 'PREPARING' });
const failed = (record: RunRecord): RunRecord => ({ ...record, state: 'FAILED' });

it('writes over no record that a later leader has taken over', async () => {
  const first = await storeOf(1);
  await first.create(queued());
  const second = await storeOf(2);
  expect(second.require('run').leaderEpoch).toBe(2);

  await expect(first.update('run', failed)).rejects.toMatchObject({ code: 'ABORTED' });
  expect((await second.update('run', preparing)).state).toBe('PREPARING');
  await expect(first.update('run', failed)).rejects.toMatchObject({ code: 'ABORTED' });
  expect((await storeOf(3)).require('run').state).toBe('PREPARING');
});

it('creates and changes nothing once leadership is lost', async () => {
  const emptyKv = await nats.keyValue('empty', { create: true });
  const lost = async () => {
    throw new LyceumError('ABORTED', 'another coordinator leads now');
  };
  const store = await RunStore.open(emptyKv, { leaderEpoch: 4, assertHeld: lost }, log);
  const late = { ...queued(), runId: 'late' };
  await expect(store.create(late)).rejects.toMatchObject({ code: 'ABORTED' });
  expect(await emptyKv.get('late')).toBeUndefined();
});
