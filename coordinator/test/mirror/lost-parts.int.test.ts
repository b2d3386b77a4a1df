// A real NATS that has lost a part of its store, as a damaged disk makes it lose streams, records and chunks.
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

/** Leads and ends at once. @returns its epoch. */
async function takeLead(): Promise<number> {
  const kv = await nats.nats.keyValue(LEADER_BUCKET, { create: true });
  const nowMs = () => performance.now();
  const leadership = await Leadership.acquire({ kv, holder: 'somebody', log, nowMs });
  await leadership.release();
  return leadership.leaderEpoch;
}

/** As a coordinator does when it starts, with this copy. */
function restore(copy: MirrorFolder, from: Nats = nats.nats, holder = folder) {
  return restoreStore({ nats: from, folder: copy, holder, log });
}

/** As a damaged disk does: streams that are gone, and messages that are gone without a mark. */
function damage(subject: string, request: object = {}) {
  const anybody = { user: 'anybody', password: 'none' };
  return jetStreamApi(nats.server.url, anybody, subject, request);
}

test('what a store has lost a part of comes back, and what was deleted does not', async () => {
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
  // The copy is behind NATS with what was deleted: the coordinator died in between.
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

  // Marks of deletion are where the bucket is whole.
  await nats.nats.keyValue(RUN_BUCKET, { create: false }).then((kv) => kv.delete('run'));
  await blobs.delete(kept ?? '');
  await (await lead()).mirror.stop();
  expect(await runs.keys()).not.toContain('run');
  expect(await blobs.has(kept ?? '')).toBe(false);
});

test('a blob without some of its chunks is whole again', async () => {
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

test('a blob that NATS went away from while it was put back is put back the next time', async () => {
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

test('the epoch of a leader whose record is lost does not come again', async () => {
  expect((await lead()).leaderEpoch).toBe(1);
  expect((await lead()).leaderEpoch).toBe(2);
  await damage(`STREAM.PURGE.KV_${LEADER_BUCKET}`, { filter: `$KV.${LEADER_BUCKET}.leader` });
  expect((await lead()).leaderEpoch).toBe(3);
});

test('an epoch that began again below those of before is raised above them', async () => {
  await lead();
  await lead();
  await damage(`STREAM.PURGE.KV_${LEADER_BUCKET}`, { filter: `$KV.${LEADER_BUCKET}.leader` });
  expect(await takeLead()).toBe(1);
  expect((await lead()).leaderEpoch).toBe(3);
});

test('the copy of a leader that ended before its first look is its own the next time', async () => {
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

test('a copy of before another led stays another’s', async () => {
  await (await lead()).mirror.stop();
  await takeLead();
  await storeOfLeader(nats.nats, await openCopy(folder), await takeLead());
  expect((await (await openCopy(folder)).store())?.leaderEpoch).toBe(1);
});

test('a restore that was cut off before its last word is made again', async () => {
  await (await lead()).mirror.stop();
  const copy = await openCopy(folder);
  const store = await copy.store();
  if (store === undefined) throw new Error('no copy was made');
  // What a restore writes first.
  await copy.setStore({ ...store, generation: 1 });
  expect(await restore(copy)).toMatchObject({ generation: 2 });
  expect(await restore(copy)).toMatchObject({ generation: 2 });
});

test('what a leader is about to restore is its own, however long it takes and whoever leads meanwhile', async () => {
  const { mirror, leaderEpoch } = await lead();
  await mirror.runs.create('run', runRecordText(training()));
  await mirror.stop();
  await damage(`STREAM.DELETE.KV_${RUN_BUCKET}`);
  await claimRestore(nats.nats, await openCopy(folder), leaderEpoch);
  // It is killed here.
  const other = await openCopy(join(nats.folder, 'other'));
  await expect(restore(other)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  const kv = await nats.nats.keyValue(LEADER_BUCKET, { create: false });
  await expect(assertWhole(kv)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  // One that had looked just before.
  await expect(storeOfLeader(nats.nats, other, await takeLead())).rejects.toThrow('lost the store');

  await lead();
  await assertWhole(kv);
  const runs = await nats.nats.keyValue(RUN_BUCKET, { create: false });
  expect(await runs.keys()).toEqual(['run']);
  expect(await restore(other)).toMatchObject({ generation: 1 });
});

test('another coordinator’s store is not taken for a lost one', async () => {
  await (await lead()).mirror.stop();
  const copy = await openCopy(folder);
  const leader = await nats.nats.keyValue(LEADER_BUCKET, { create: false });
  await leader.put('store', JSON.stringify({ storeId: 'another', generation: 0 }));
  await expect(claimRestore(nats.nats, copy, 1)).rejects.toThrow('belongs to the store');
  expect((await leader.get('store'))?.value).toContain('another');
});

test('a leader that another has followed while it was stopped claims nothing with its old copy', async () => {
  const { mirror, leaderEpoch } = await lead();
  await mirror.stop();
  await takeLead();
  await claimRestore(nats.nats, await openCopy(folder), leaderEpoch);
  await assertWhole(await nats.nats.keyValue(LEADER_BUCKET, { create: false }));
});

test('of two that restore at once the one with the older copy does not call the store whole', async () => {
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

test('a store is not forgotten with its copy, wherever that is cut off', async () => {
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

test('records of a copy that is nobody’s are not taken for lost ones of a store that begins', async () => {
  const copy = await openCopy(folder);
  await copy.putRecord('runs', 'run', runRecordText(training()));
  await restore(copy);
  expect(await hasWholeStore(nats.nats, copy)).toBe(true);
});

test('a store that was begun and led by nobody is not waited for', async () => {
  const copy = await openCopy(folder);
  await restore(copy);
  // It was killed there, and starts again; then NATS is emptied.
  await restore(copy);
  await damage(`STREAM.DELETE.KV_${LEADER_BUCKET}`);
  await restore(copy);
  await assertWhole(await nats.nats.keyValue(LEADER_BUCKET, { create: false }));
});

test('a store whose restore was cut off before its first word about leaders is waited for', async () => {
  const leader = await nats.nats.keyValue(LEADER_BUCKET, { create: true });
  await leader.put('store', JSON.stringify({ storeId: 'one', generation: 1, restoringFrom: 5 }));
  const copy = await openCopy(folder);
  await expect(restore(copy)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await damage(`STREAM.DELETE.KV_${LEADER_BUCKET}`);
  await expect(restore(copy)).rejects.toThrow('lost the store one');
});
