// Two state folders have copies of one store, and a real NATS was emptied: the coordinator with the older copy
// starts first.
import { join } from 'node:path';
import { LEADER_BUCKET, NAME_BUCKET } from '@lyceum/proto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { restoreStore } from '../../src/mirror/restore-store.js';
import { silent as log, type NatsOfItsOwn, startNatsOfItsOwn } from '../nats-of-its-own.js';
import { jetStreamApi } from '../serve/jetstream-api.js';
import { openCopy, startMirror } from './started-mirror.js';

const ANYBODY = { user: 'anybody', password: 'none' };

let first: NatsOfItsOwn;
/** An empty server in place of the first. */
let emptied: NatsOfItsOwn;

beforeEach(async () => {
  first = await startNatsOfItsOwn();
  emptied = await startNatsOfItsOwn();
});

afterEach(async () => {
  await first.stop();
  await emptied.stop();
});

const folderOf = (name: string) => join(first.folder, name);

/** A coordinator of the state folder `name` starts, leads, sets the model's version if there is one, and ends. */
async function lead(name: string, server: NatsOfItsOwn, version?: string): Promise<void> {
  const { mirror } = await startMirror(server.nats, folderOf(name), () => []);
  if (version !== undefined) await mirror.names.put('model.one', JSON.stringify({ version }));
  await mirror.stop();
}

async function restore(name: string, { nats }: NatsOfItsOwn): Promise<void> {
  const holder = folderOf(name);
  await restoreStore({ nats, folder: await openCopy(holder), holder, log });
}

async function versionIn({ nats }: NatsOfItsOwn): Promise<string> {
  const kv = await nats.keyValue(NAME_BUCKET, { create: false });
  return JSON.parse((await kv.get('model.one'))?.value ?? '{}').version;
}

beforeEach(async () => {
  await lead('older', first, 'old');
  await lead('newer', first, 'new');
});

test('restoreStore refuses the newer copy once the older has led, and keeps it for an emptied NATS', async () => {
  await lead('older', emptied);
  for (let n = 0; n < 2; n++) {
    await expect(restore('newer', emptied)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining('empty NATS and start this coordinator first'),
    });
    expect(await versionIn(emptied)).toBe('old');
    await lead('older', emptied);
  }
  const again = await startNatsOfItsOwn();
  try {
    await restore('newer', again);
    expect(await versionIn(again)).toBe('new');
  } finally {
    await again.stop();
  }
});

test('restoreStore from the newer copy overwrites an unfinished restore from the older', async () => {
  await restore('older', emptied);
  const leader = await emptied.nats.keyValue(LEADER_BUCKET, { create: false });
  const { storeId, generation, restoredFrom } = JSON.parse(
    (await leader.get('store'))?.value ?? '',
  );
  // As before the restore's last write.
  await leader.put('store', JSON.stringify({ storeId, generation, restoringFrom: restoredFrom }));
  await restore('newer', emptied);
  expect(await versionIn(emptied)).toBe('new');
});

test('restoreStore begins no new store when NATS has lost only its leader bucket', async () => {
  await jetStreamApi(first.server.url, ANYBODY, `STREAM.DELETE.KV_${LEADER_BUCKET}`, {});
  await expect(restore('new', first)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('NATS has lost its store, or a part of it'),
  });
  await restore('newer', first);
  await restore('new', first);
  expect(await versionIn(first)).toBe('new');
});
