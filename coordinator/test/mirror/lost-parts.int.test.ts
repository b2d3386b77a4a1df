// A real NATS that has lost streams, records or chunks of its store, as after damage to a disk.
import { join } from 'node:path';
import type { Nats } from '@lyceum/platform/nats';
import {
  BLOB_BUCKET,
  CHUNK_BYTES,
  LEADER_BUCKET,
  LyceumError,
  NAME_BUCKET,
  RUN_BUCKET,
  sha256Hex,
} from '@lyceum/proto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MirrorFolder } from '../../src/mirror/mirror-folder.js';
import { mirroredBlobs } from '../../src/mirror/mirrored-stores.js';
import {
  assertWhole,
  claimRestore,
  hasWholeStore,
  restoreStore,
  storeOfLeader,
} from '../../src/mirror/restore-store.js';
import type { StateMirror } from '../../src/mirror/state-mirror.js';
import { claimPointer } from '../../src/runs/checkpoint-pointers.js';
import { Leadership } from '../../src/runs/leadership/leadership.js';
import { type RunRecord, runRecordText } from '../../src/runs/record/run-record.js';
import { silent as log, type NatsOfItsOwn, startNatsOfItsOwn } from '../nats-of-its-own.js';
import { jetStreamApi } from '../serve/jetstream-api.js';
import { openCopy, startMirror, training } from './started-mirror.js';

let nats: NatsOfItsOwn;
let folder: string;
let started: StateMirror[];

beforeEach(async () => {
  nats = await startNatsOfItsOwn();
  folder = join(nats.folder, 'mirror');
  started = [];
});

afterEach(async () => {
  for (const mirror of started) await mirror.stop();
  await nats.stop();
});

async function lead(
  runs: () => RunRecord[] = () => [training()],
): Promise<{ mirror: StateMirror; leaderEpoch: number }> {
  const leading = await startMirror(nats.nats, folder, runs);
  started.push(leading.mirror);
  return leading;
}

/** Another coordinator leads and ends at once. @returns its epoch. */
async function takeLead(): Promise<number> {
  const kv = await nats.nats.keyValue(LEADER_BUCKET, { create: true });
  const nowMs = () => performance.now();
  const leadership = await Leadership.acquire({
    kv,
    holder: 'somebody',
    place: 'here',
    log,
    nowMs,
  });
  await leadership.release();
  return leadership.leaderEpoch;
}

/** Does what a coordinator with this copy does when it starts. */
function restore(copy: MirrorFolder, from: Nats = nats.nats, holder = folder) {
  return restoreStore({ nats: from, folder: copy, holder, log });
}

/** Removes a stream, or messages without a mark of deletion, as a damaged disk does. */
function damage(subject: string, request: object = {}) {
  const anybody = { user: 'anybody', password: 'none' };
  return jetStreamApi(nats.server.url, anybody, subject, request);
}

test('a restart restores lost records and blobs from the copy, and no deleted ones', async () => {
  const { mirror } = await lead();
  const run = runRecordText(training());
  const revision = await mirror.runs.create('run', run);
  await claimPointer(mirror.pointers, 'run', 1);
  await mirror.names.put('model.one', JSON.stringify({ kind: 'model', name: 'one' }));
  const [kept, cut, gone] = await Promise.all(
    ['kept', 'cut', 'gone'].map((text) => mirror.blobs.put(Buffer.from(text))),
  );
  await mirror.blobs.delete(gone ?? '');
  await mirror.stop();
  const folderOf = await openCopy(folder);
  // The copy still has the deleted blob, as if the coordinator had died in between.
  await folderOf.putBlob(gone ?? '', Buffer.from('gone'));

  await damage(`STREAM.DELETE.KV_${RUN_BUCKET}`);
  await damage(`STREAM.PURGE.KV_${NAME_BUCKET}`);
  const entry = Buffer.from(cut ?? '').toString('base64url');
  await damage(`STREAM.PURGE.OBJ_${BLOB_BUCKET}`, {
    filter: `$O.${BLOB_BUCKET}.M.${entry}`,
  });
  expect(await hasWholeStore(nats.nats, folderOf)).toBe(false);
  await (await lead()).mirror.stop();
  expect(await hasWholeStore(nats.nats, folderOf)).toBe(true);

  const runs = await nats.nats.keyValue(RUN_BUCKET, { create: false });
  expect((await runs.get('run'))?.value).toBe(run);
  expect((await runs.get('run'))?.revision).toBeGreaterThanOrEqual(1e9);
  await expect(runs.update('run', 'x', revision)).rejects.toMatchObject({ code: 'ABORTED' });
  const names = await nats.nats.keyValue(NAME_BUCKET, { create: false });
  expect(await names.keys()).toEqual(['model.one']);
  const blobs = await nats.nats.blobs({ create: false });
  expect(String(await blobs.get(kept ?? ''))).toBe('kept');
  expect(String(await blobs.get(cut ?? ''))).toBe('cut');
  expect(await blobs.has(gone ?? '')).toBe(false);

  // In a whole bucket, marks of deletion tell what was deleted.
  await nats.nats.keyValue(RUN_BUCKET, { create: false }).then((kv) => kv.delete('run'));
  await blobs.delete(kept ?? '');
  await (await lead()).mirror.stop();
  expect(await runs.keys()).not.toContain('run');
  expect(await blobs.has(kept ?? '')).toBe(false);
});

test('a restart restores a blob that lost some of its chunks', async () => {
  const { mirror } = await lead(() => []);
  const bytes = Buffer.alloc(2 * CHUNK_BYTES + 9, 'a model');
  const digest = await mirror.blobs.put(bytes);
  await mirror.names.put('model.one', JSON.stringify({ kind: 'model', name: 'one', digest }));
  await mirror.stop();
  await damage(`STREAM.PURGE.OBJ_${BLOB_BUCKET}`, { seq: 2 });
  const blobs = await nats.nats.blobs({ create: false });
  expect(await blobs.has(digest)).toBe(true);
  await expect(blobs.get(digest)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await lead(() => []);
  expect(sha256Hex(await blobs.get(digest))).toBe(digest);
});

test('a second restore puts back a blob after NATS was away during the first', async () => {
  const { mirror } = await lead(() => []);
  const digest = await mirror.blobs.put(Buffer.alloc(600_000, 'a model'));
  await mirror.stop();
  await damage(`STREAM.PURGE.OBJ_${BLOB_BUCKET}`, { seq: 2 });
  const away = async () => {
    throw new LyceumError('UNAVAILABLE', 'NATS is away');
  };
  const { nats: whole } = nats;
  const leaving: Partial<Nats> = {
    hasKeyValue: (bucket) => whole.hasKeyValue(bucket),
    keyValue: (bucket, options) => whole.keyValue(bucket, options),
    blobs: async (options) => {
      const blobs = mirroredBlobs(await whole.blobs(options), {
        put: async () => {},
        forget: () => {},
      });
      return { ...blobs, put: away, putChunks: away };
    },
  };
  await expect(restore(await openCopy(folder), leaving as Nats)).rejects.toThrow('away');
  await restore(await openCopy(folder));
  expect(sha256Hex(await (await whole.blobs({ create: false })).get(digest))).toBe(digest);
});

test('leader epochs go on after the leader record is lost', async () => {
  expect((await lead()).leaderEpoch).toBe(1);
  expect((await lead()).leaderEpoch).toBe(2);
  await damage(`STREAM.PURGE.KV_${LEADER_BUCKET}`, { filter: `$KV.${LEADER_BUCKET}.leader` });
  expect((await lead()).leaderEpoch).toBe(3);
});

test('leader epochs go on above all former ones after another leader has begun again at 1', async () => {
  await lead();
  await lead();
  await damage(`STREAM.PURGE.KV_${LEADER_BUCKET}`, { filter: `$KV.${LEADER_BUCKET}.leader` });
  expect(await takeLead()).toBe(1);
  expect((await lead()).leaderEpoch).toBe(3);
});

test('a leader that ended before its first look at NATS can restore from its copy', async () => {
  const { mirror, leaderEpoch } = await lead();
  await mirror.runs.create('run', runRecordText(training()));
  await mirror.stop();
  const next = await takeLead();
  expect(next).toBe(leaderEpoch + 1);
  expect(await storeOfLeader(nats.nats, await openCopy(folder), next)).toMatchObject({
    generation: 0,
  });
  await damage(`STREAM.PURGE.KV_${RUN_BUCKET}`);
  await lead();
  const runs = await nats.nats.keyValue(RUN_BUCKET, { create: false });
  expect((await runs.get('run'))?.value).toBe(runRecordText(training()));
});

test('a copy keeps its leader epoch after another coordinator has led', async () => {
  await (await lead()).mirror.stop();
  await takeLead();
  await storeOfLeader(nats.nats, await openCopy(folder), await takeLead());
  expect((await (await openCopy(folder)).store())?.leaderEpoch).toBe(1);
});

test('a restore that was cut off is made again, with the next generation', async () => {
  await (await lead()).mirror.stop();
  const copy = await openCopy(folder);
  const store = await copy.store();
  if (store === undefined) throw new Error('no copy was made');
  // A restore writes this first.
  await copy.setStore({ ...store, generation: 1 });
  expect(await restore(copy)).toMatchObject({ generation: 2 });
  expect(await restore(copy)).toMatchObject({ generation: 2 });
});

test('a claimed restore stops other coordinators until its leader has restored the store', async () => {
  const { mirror, leaderEpoch } = await lead();
  await mirror.runs.create('run', runRecordText(training()));
  await mirror.stop();
  await damage(`STREAM.DELETE.KV_${RUN_BUCKET}`);
  await claimRestore(nats.nats, await openCopy(folder), leaderEpoch);
  // The leader is killed here.
  const other = await openCopy(join(nats.folder, 'other'));
  await expect(restore(other)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  const kv = await nats.nats.keyValue(LEADER_BUCKET, { create: false });
  await expect(assertWhole(kv)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  // A coordinator that looked just before the claim.
  await expect(storeOfLeader(nats.nats, other, await takeLead())).rejects.toThrow('lost the store');

  await lead();
  await assertWhole(kv);
  const runs = await nats.nats.keyValue(RUN_BUCKET, { create: false });
  expect(await runs.keys()).toEqual(['run']);
  expect(await restore(other)).toMatchObject({ generation: 1 });
});

test('claimRestore refuses a NATS that holds another store', async () => {
  await (await lead()).mirror.stop();
  const copy = await openCopy(folder);
  const leader = await nats.nats.keyValue(LEADER_BUCKET, { create: false });
  await leader.put('store', JSON.stringify({ storeId: 'another', generation: 0 }));
  await expect(claimRestore(nats.nats, copy, 1)).rejects.toThrow('belongs to the store');
  expect((await leader.get('store'))?.value).toContain('another');
});

test('claimRestore claims nothing with the copy of a leader that another has followed', async () => {
  const { mirror, leaderEpoch } = await lead();
  await mirror.stop();
  await takeLead();
  await claimRestore(nats.nats, await openCopy(folder), leaderEpoch);
  await assertWhole(await nats.nats.keyValue(LEADER_BUCKET, { create: false }));
});

test('a restore from an older copy gives way to a newer one that begins meanwhile', async () => {
  const { mirror } = await lead();
  await mirror.runs.create('run', runRecordText(training()));
  await mirror.stop();
  await damage(`STREAM.DELETE.KV_${RUN_BUCKET}`);
  const copy = await openCopy(folder);
  const store = await copy.store();
  const leader = await nats.nats.keyValue(LEADER_BUCKET, { create: false });
  vi.spyOn(copy, 'record').mockImplementationOnce(async () => {
    const newer = { storeId: store?.storeId, generation: 2, restoringFrom: 2 };
    await leader.put('store', JSON.stringify(newer));
    return runRecordText(training());
  });
  await expect(restore(copy)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(assertWhole(leader)).rejects.toThrow('lost the store');
});

test('an interrupted removal of an outdated copy does not make NATS count as new', async () => {
  const { mirror } = await lead();
  await mirror.runs.create('run', runRecordText(training()));
  await mirror.stop();
  await takeLead();
  const copy = await openCopy(folder);
  vi.spyOn(copy, 'deleteRecord').mockRejectedValueOnce(new Error('killed'));
  await expect(restore(copy)).rejects.toThrow('killed');
  await damage(`STREAM.DELETE.KV_${LEADER_BUCKET}`);
  await expect(restore(copy)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test('records of a copy without its store.json begin no store, and stay', async () => {
  const copy = await openCopy(folder);
  await copy.putRecord('runs', 'run', runRecordText(training()));
  const refused = { code: 'FAILED_PRECONDITION', message: expect.stringContaining('cut off') };
  await expect(restore(copy)).rejects.toMatchObject(refused);
  expect(await copy.keys('runs')).toEqual(['run']);
  await copy.clearRecords();
  await restore(copy);
  expect(await hasWholeStore(nats.nats, copy)).toBe(true);
});

test('a restore does not wait for an emptied store that nobody has led', async () => {
  const copy = await openCopy(folder);
  await restore(copy);
  // The coordinator is killed and starts again; then NATS is emptied.
  await restore(copy);
  await damage(`STREAM.DELETE.KV_${LEADER_BUCKET}`);
  await restore(copy);
  await assertWhole(await nats.nats.keyValue(LEADER_BUCKET, { create: false }));
});

test('a coordinator without a copy waits for a store whose restore was cut off', async () => {
  const leader = await nats.nats.keyValue(LEADER_BUCKET, { create: true });
  await leader.put('store', JSON.stringify({ storeId: 'one', generation: 1, restoringFrom: 5 }));
  const copy = await openCopy(folder);
  await expect(restore(copy)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await damage(`STREAM.DELETE.KV_${LEADER_BUCKET}`);
  await expect(restore(copy)).rejects.toThrow('lost the store one');
});
