// The copy of NATS's state with real servers: the first is lost, and an empty second one takes its place.
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyValue } from '@lyceum/platform/nats';
import {
  CHUNK_BYTES,
  chunksOf,
  LyceumError,
  NAME_BUCKET,
  POINTER_BUCKET,
  RUN_BUCKET,
} from '@lyceum/proto';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CheckpointPointer } from '../../src/documents/checkpoint-pointer.js';
import { MirrorFolder } from '../../src/mirror/mirror-folder.js';
import { mirroredBlobs, mirroredBucket } from '../../src/mirror/mirrored-stores.js';
import { restoreStore } from '../../src/mirror/restore-store.js';
import { StateMirror } from '../../src/mirror/state-mirror.js';
import { claimPointer } from '../../src/runs/checkpoint-pointers.js';
import { type RunRecord, runRecordText } from '../../src/runs/record/run-record.js';
import { silent as log, type NatsOfItsOwn, startNatsOfItsOwn } from '../nats-of-its-own.js';
import { openCopy, startMirror, training } from './started-mirror.js';

const PATIENT = { timeout: 120_000, interval: 50 };

let servers: NatsOfItsOwn[];
let started: StateMirror[];
let folder: string;

beforeEach(async () => {
  servers = [await startNatsOfItsOwn(), await startNatsOfItsOwn()];
  started = [];
  folder = join(first().folder, 'mirror');
});

afterEach(async () => {
  for (const mirror of started) await mirror.stop();
  for (const server of servers) await server.stop();
});

const first = () => servers[0] as NatsOfItsOwn;
/** An empty server in place of the first. */
const second = () => servers[1] as NatsOfItsOwn;
const openFolder = (path = folder) => openCopy(path);

async function lead(
  { nats }: NatsOfItsOwn,
  runs: () => RunRecord[] = () => [training()],
  path = folder,
): Promise<{ mirror: StateMirror; leaderEpoch: number }> {
  const leading = await startMirror(nats, path, runs);
  started.push(leading.mirror);
  return leading;
}

/** Does what a coordinator does when it starts. */
function restore({ nats }: NatsOfItsOwn, copy: MirrorFolder) {
  return restoreStore({ nats, folder: copy, holder: folder, log });
}

/** A copy of the first server in which `keys` lists the run bucket. */
async function startWithKeys(
  folderOf: MirrorFolder,
  kv: KeyValue,
  keys: (mirror: StateMirror) => Promise<string[]>,
): Promise<void> {
  const { nats } = first();
  const unchanged = { put: async () => {}, delete: async () => {} };
  const mirror = new StateMirror({
    folder: folderOf,
    buckets: {
      runs: { ...mirroredBucket(kv, unchanged), keys: () => keys(mirror) },
      pointers: await nats.keyValue(POINTER_BUCKET, { create: true }),
      names: await nats.keyValue(NAME_BUCKET, { create: true }),
    },
    blobs: await nats.blobs({ create: true }),
    log,
  });
  started.push(mirror);
  await mirror.start({ storeId: 'one', generation: 0, leaderEpoch: 1 }, () => []);
}

/** Puts a blob and moves the pointer to it, as a student worker does. */
async function moveTo({ nats }: NatsOfItsOwn, pointer: CheckpointPointer, bytes: Buffer) {
  const digest = await (await nats.blobs({ create: false })).put(bytes);
  const kv = await nats.keyValue(POINTER_BUCKET, { create: false });
  const found = await kv.get(pointer.runId);
  const moved = { ...pointer, step: pointer.step + 1, digest };
  await kv.update(pointer.runId, JSON.stringify(moved), found?.revision ?? 0);
  return { moved, digest };
}

test('a restart restores an empty NATS from the copy, with new, higher revisions', async () => {
  const { mirror } = await lead(first());
  const revision = await mirror.runs.create('run', runRecordText(training()));
  // Two chunks, and a part of one.
  const weights = Buffer.alloc(2.5 * CHUNK_BYTES, 'a model');
  const model = await mirror.blobs.put(weights);
  const name = JSON.stringify({ kind: 'model', name: 'one', digest: model });
  await mirror.names.put('model.one', name);
  const claimed = await claimPointer(mirror.pointers, 'run', 1);
  const { moved, digest } = await moveTo(first(), claimed, Buffer.from('a checkpoint'));
  const copy = await openFolder();
  await vi.waitFor(async () => {
    expect(JSON.parse((await copy.record('pointers', 'run')) ?? '{}')).toEqual(moved);
    expect((await copy.digests()).sort()).toEqual([digest, model].sort());
  }, PATIENT);
  await mirror.stop();

  const { leaderEpoch } = await lead(second());
  expect(leaderEpoch).toBe(2);
  const { nats } = second();
  const blobs = await nats.blobs({ create: false });
  expect((await blobs.get(digest)).toString()).toBe('a checkpoint');
  expect(await blobs.get(model)).toEqual(weights);
  const runs = await nats.keyValue(RUN_BUCKET, { create: false });
  const found = await runs.get('run');
  expect(found?.value).toBe(runRecordText(training()));
  expect(found?.revision).toBeGreaterThanOrEqual(1e9);
  await expect(runs.update('run', 'x', revision)).rejects.toMatchObject({ code: 'ABORTED' });
  const pointers = await nats.keyValue(POINTER_BUCKET, { create: false });
  expect(JSON.parse((await pointers.get('run'))?.value ?? '')).toEqual(moved);
  expect(
    (await (await nats.keyValue(NAME_BUCKET, { create: false })).get('model.one'))?.value,
  ).toBe(name);
});

test('a restore skips and logs damaged records and blobs, and sets the records aside', async () => {
  const { mirror } = await lead(first());
  for (const key of ['run', 'sound']) {
    await mirror.runs.create(key, runRecordText({ ...training(), runId: key }));
    await claimPointer(mirror.pointers, key, 1);
    await mirror.names.put(`model.${key}`, JSON.stringify({ kind: 'model', name: key }));
  }
  const digest = await mirror.blobs.put(Buffer.from('a model'));
  await mirror.stop();
  // One bit of a digit or letter, so that the text still parses.
  const flip = async (path: string) => {
    const bytes = await readFile(join(folder, path));
    const at = bytes.length - 4;
    bytes[at] = (bytes[at] as number) ^ 1;
    await writeFile(join(folder, path), bytes);
  };
  const records = ['runs/run', 'pointers/run', 'names/model.run'];
  for (const record of records) await flip(`buckets/${record}.record`);
  await flip(`blobs/${digest}`);

  const logged = vi.spyOn(log, 'error');
  await restore(second(), await openFolder());
  const lines = logged.mock.calls.map(([, message]) => message);
  logged.mockRestore();
  const { nats } = second();
  for (const name of [RUN_BUCKET, POINTER_BUCKET, NAME_BUCKET]) {
    const kv = await nats.keyValue(name, { create: false });
    expect((await kv.keys()).map((key) => key.replace('model.', ''))).toEqual(['sound']);
  }
  expect(lines.filter((line) => line?.startsWith('record not restored'))).toHaveLength(3);
  expect(lines.filter((line) => line?.startsWith('blob not restored'))).toHaveLength(1);
  for (const record of records) {
    expect((await readFile(join(folder, 'buckets', `${record}.damaged`))).length).toBeGreaterThan(
      0,
    );
  }
});

test('a copy that lacks a record is not restored, as after a backup that was cut off, but one whose record was deleted is', async () => {
  const { mirror } = await lead(first(), () => []);
  for (const key of ['kept', 'cut', 'deleted']) await mirror.names.put(key, '{}');
  const copy = await openFolder();
  const noted = async () => (await copy.store())?.keys?.['names'];
  await vi.waitFor(async () => expect(await noted()).toEqual(['cut', 'deleted', 'kept']), PATIENT);
  await mirror.names.delete('deleted');
  expect(await noted()).toEqual(['cut', 'kept']);
  await mirror.names.put('deleted', '{}');
  await vi.waitFor(async () => expect(await noted()).toEqual(['cut', 'deleted', 'kept']), PATIENT);
  await mirror.names.delete('deleted');
  await mirror.stop();

  const file = copy.recordFile('names', 'cut');
  await rm(file);
  await expect(restore(second(), copy)).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: expect.stringContaining(`1 of the copy's records are missing: ${file}. `),
  });
  expect(await second().nats.hasKeyValue(NAME_BUCKET)).toBe(false);

  await writeFile(file, '');
  await restore(second(), copy);
  const names = await second().nats.keyValue(NAME_BUCKET, { create: false });
  expect(await names.keys()).toEqual(['kept']);
  expect(await copy.lostKeys('names')).toEqual([]);
});

test('a repeated restore keeps a pointer that moved after the first was cut off', async () => {
  const { mirror } = await lead(first());
  await claimPointer(mirror.pointers, 'run', 1);
  await mirror.stop();
  // The first restore ended before it marked the store; a student worker moved its pointer since.
  const kv = await second().nats.keyValue(POINTER_BUCKET, { create: true });
  await kv.create('run', 'newer');
  await lead(second(), () => []);
  expect((await kv.get('run'))?.value).toBe('newer');
});

test('StateMirror does not copy a pointer before the blob of its checkpoint', async () => {
  const runs = [training(), { ...training(), runId: 'other' }];
  const { mirror } = await lead(first(), () => runs);
  const [claimed, other] = [
    await claimPointer(mirror.pointers, 'run', 1),
    await claimPointer(mirror.pointers, 'other', 1),
  ];
  const pointers = await first().nats.keyValue(POINTER_BUCKET, { create: false });
  const found = await pointers.get('run');
  const gone = { ...claimed, step: 7, digest: 'ab'.repeat(32) };
  await pointers.update('run', JSON.stringify(gone), found?.revision ?? 0);
  await moveTo(first(), other, Buffer.from('sound'));
  const copy = await openFolder();
  const copied = async (runId: string) =>
    JSON.parse((await copy.record('pointers', runId)) ?? '{}') as CheckpointPointer;
  // The mirror looks at the other run's pointer after this one.
  await vi.waitFor(async () => expect((await copied('other')).step).toBe(1), PATIENT);
  expect(await copied('run')).toEqual(claimed);
  const { digest } = await moveTo(first(), gone, Buffer.from('sound too'));
  await vi.waitFor(async () => expect((await copied('run')).digest).toBe(digest), PATIENT);
});

test('StateMirror copies a blob piece by piece, also one that another program replaces meanwhile', async () => {
  const { nats } = first();
  const real = await nats.blobs({ create: true });
  const bytes = Buffer.concat([Buffer.alloc(CHUNK_BYTES, 1), Buffer.alloc(CHUNK_BYTES, 2)]);
  const digest = await real.put(bytes);
  const names = await nats.keyValue(NAME_BUCKET, { create: true });
  await names.put('model.one', JSON.stringify({ kind: 'model', name: 'one', digest }));
  let readCount = 0;
  const blobs = {
    ...mirroredBlobs(real, { put: async () => {}, forget: () => {} }),
    get: () => Promise.reject(new Error('the whole blob was asked for')),
    read: async function* (wanted: string) {
      readCount += 1;
      const pieces = real.read(wanted)[Symbol.asyncIterator]();
      yield (await pieces.next()).value as Buffer;
      const blob = { digest, sizeBytes: bytes.length };
      if (readCount === 1) await real.putChunks(blob, chunksOf(bytes));
      for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value;
    },
  };
  const copy = await openFolder();
  const buckets = {
    runs: await nats.keyValue(RUN_BUCKET, { create: true }),
    pointers: await nats.keyValue(POINTER_BUCKET, { create: true }),
    names,
  };
  const mirror = new StateMirror({ folder: copy, buckets, blobs, log });
  started.push(mirror);
  await mirror.start({ storeId: 'one', generation: 0, leaderEpoch: 1 }, () => []);
  const file = join(folder, 'blobs', digest);
  await vi.waitFor(async () => expect(await readFile(file)).toEqual(bytes), PATIENT);
  expect(readCount).toBe(2);
});

test('StateMirror keeps a new blob before a name refers to it, and drops it after the name is deleted', async () => {
  const { mirror } = await lead(first());
  const copy = await openFolder();
  let pointer = await claimPointer(mirror.pointers, 'run', 1);
  /** Each copied move is one look at the pointers; between two of them the mirror looked at the blobs. */
  const looked = async () => {
    for (const text of ['one', 'two']) {
      ({ moved: pointer } = await moveTo(first(), pointer, Buffer.from(text)));
      await vi.waitFor(async () => {
        expect(JSON.parse((await copy.record('pointers', 'run')) ?? '{}')).toEqual(pointer);
      }, PATIENT);
    }
  };
  const digest = await mirror.blobs.put(Buffer.from('a report'));
  await looked();
  expect(await copy.digests()).toContain(digest);
  await mirror.names.put('model.one', JSON.stringify({ kind: 'model', name: 'one', digest }));
  await looked();
  await mirror.names.delete('model.one');
  await vi.waitFor(async () => expect(await copy.digests()).not.toContain(digest), PATIENT);
});

test('StateMirror drops a blob with its name, and never lists the name again, even if it looks while the name is deleted', async () => {
  const copy = await openFolder();
  const kv = await first().nats.keyValue(RUN_BUCKET, { create: true });
  let mirror: StateMirror | undefined;
  await startWithKeys(copy, kv, async (made) => {
    mirror = made;
    return [];
  });
  const { names, blobs } = mirror as unknown as StateMirror;
  const digest = await blobs.put(Buffer.from('a report'));
  await names.put('model.one', JSON.stringify({ kind: 'model', name: 'one', digest }));
  const remove = copy.deleteRecord.bind(copy);
  const looks = vi.spyOn(copy, 'digests');
  const lists = vi.spyOn(copy, 'setStore');
  vi.spyOn(copy, 'deleteRecord').mockImplementationOnce(async (...record) => {
    const before = looks.mock.calls.length;
    // Waits for a look at the blobs, if there is one.
    await vi
      .waitFor(() => expect(looks.mock.calls.length).toBeGreaterThan(before), 5_000)
      .catch(() => {});
    await remove(...record);
    lists.mockClear();
  });
  await names.delete('model.one');
  await vi.waitFor(async () => expect(await copy.digests()).not.toContain(digest), PATIENT);
  const listed = lists.mock.calls.flatMap(([{ keys }]) => keys?.['names'] ?? []);
  expect(listed).not.toContain('model.one');
});

test('StateMirror writes a record later that it could not write at first', async () => {
  const { mirror } = await lead(first());
  const runs = join(folder, 'buckets', 'runs');
  await rm(runs, { recursive: true });
  await writeFile(runs, 'a file where the folder should be');
  await mirror.runs.create('run', runRecordText(training()));
  await rm(runs);
  await mkdir(runs);
  const copy = await openFolder();
  await vi.waitFor(async () => {
    expect(await copy.record('runs', 'run')).toBe(runRecordText(training()));
  }, PATIENT);
});

test('StateMirror says once that it cannot write its copy, and once that it can again', async () => {
  const lines: string[] = [];
  const told = pino({}, { write: (line: string) => lines.push(JSON.parse(line).msg) });
  const { mirror } = await startMirror(first().nats, folder, () => [training()], told);
  started.push(mirror);
  const keys = vi.spyOn(MirrorFolder.prototype, 'keys');
  const runs = join(folder, 'buckets', 'runs');
  for (let faults = 1; faults <= 2; faults++) {
    await rm(runs, { recursive: true });
    await writeFile(runs, 'a file where the folder should be');
    await mirror.runs.put('run', runRecordText(training()));
    keys.mockClear();
    await vi.waitFor(() => expect(keys.mock.calls.length).toBeGreaterThan(2), PATIENT);
    const ofCopy = () => lines.filter((line) => line.startsWith('state '));
    const [failed, again] = ['state not copied to this disk', 'state copied to this disk again'];
    expect(ofCopy()).toHaveLength(2 * faults - 1);
    expect(ofCopy().at(-1)).toContain(failed);
    await rm(runs);
    await mkdir(runs);
    await vi.waitFor(() => expect(ofCopy().at(-1)).toBe(again), PATIENT);
    expect(ofCopy()).toHaveLength(2 * faults);
  }
});

test('StateMirror copies a record that is created while it starts', async () => {
  const folderOf = await openFolder();
  const kv = await first().nats.keyValue(RUN_BUCKET, { create: true });
  const text = runRecordText(training());
  await startWithKeys(folderOf, kv, async (mirror) => {
    const keys = await kv.keys();
    await mirror.runs.create('run', text);
    return keys;
  });
  expect(await folderOf.record('runs', 'run')).toBe(text);
});

test('StateMirror finishes its first copy after a full disk and an absence of NATS', async () => {
  const folderOf = await openFolder();
  const store = join(folder, 'store.json');
  // As on a full disk.
  await mkdir(store);
  const kv = await first().nats.keyValue(RUN_BUCKET, { create: true });
  let isAway = false;
  let asked = 0;
  const keys = async () => {
    if (!isAway) return kv.keys();
    asked++;
    throw new LyceumError('UNAVAILABLE', 'NATS is away');
  };
  await startWithKeys(folderOf, kv, keys);
  isAway = true;
  await vi.waitFor(() => expect(asked).toBeGreaterThan(1), PATIENT);
  isAway = false;
  await rm(store, { recursive: true });
  await vi.waitFor(async () => expect((await folderOf.store())?.storeId).toBe('one'), PATIENT);
});

test('a coordinator refuses a NATS that holds another store than its folder, and names both', async () => {
  const { mirror } = await lead(first());
  await mirror.stop();
  const other = join(second().folder, 'mirror');
  await (await lead(second(), () => [], other)).mirror.stop();
  await expect(lead(second())).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: expect.stringMatching(
      /NATS holds the store .* this state folder belongs to the store/,
    ),
  });
});

test('restoreStore restores nothing from a copy after which another coordinator led', async () => {
  const { mirror } = await lead(first());
  await mirror.runs.create('run', runRecordText(training()));
  await mirror.stop();
  const other = join(second().folder, `mirror-${randomUUID()}`);
  const later = await lead(first(), () => [], other);
  await later.mirror.runs.delete('run');
  await later.mirror.stop();
  // It finds that another has led since.
  const store = await restore(first(), await openFolder());
  await expect(restore(second(), await openFolder())).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/lost the store .*start the coordinator that led last/),
  });
  await restore(second(), await openCopy(other));
  expect(await restore(second(), await openFolder())).toEqual({
    ...store,
    generation: 1,
  });
  const runs = await second().nats.keyValue(RUN_BUCKET, { create: true });
  expect(await runs.keys()).toEqual([]);
});
