/**
 * A blob is referred to while it is being deleted: a catalog over stores in memory, whose deletions of blobs wait for
 * the test. Each deletion has found no reference when the new reference is written.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@lyceum/platform';
import type { BlobStore, EventLog, KeyValue } from '@lyceum/platform/nats';
import { digestBytes, LyceumError, sha256Hex, type TrainingDone } from '@lyceum/proto';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ArtifactCatalog } from '../../src/artifacts/index.js';
import {
  CheckpointCommits,
  deleteUnreferred,
  GarbageCollector,
  RunDeletion,
  RunLifecycle,
  SupersededBlobs,
} from '../../src/lifecycle/index.js';
import type { RunRecord, RunStore } from '../../src/runs/index.js';
import { queued } from '../runs/queued-run.js';
import { tinyDatasetBytes } from '../support.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-referred-'));
afterAll(() => rmSync(root, { recursive: true }));
const log = createLogger({ name: 'test', level: 'silent' });
const now = () => 1_000_000;
const bytes = tinyDatasetBytes(0);
const digest = sha256Hex(bytes);
const file = join(root, 'set.npz');
writeFileSync(file, bytes);
const laterFile = join(root, 'later.npz');
writeFileSync(laterFile, tinyDatasetBytes(1));

/**
 * A push of other bytes to a separate catalog, which waits for nothing here. It reads a file, so calls that began
 * before it and do not wait for the deletion are over.
 */
async function laterPush(): Promise<void> {
  const stateDir = join(root, 'other');
  const other = await ArtifactCatalog.open(keyValue(), blobStore(), { stateDir, log });
  await other.push('dataset', 'later', laterFile, 3);
}

let blobs: Map<string, Uint8Array>;
let runs: Map<string, RunRecord>;
let deleting: Gate;
let mayDelete: Gate;
/** The chunks of a blob have been put. */
let stored: Gate;
let catalog: ArtifactCatalog;
let pointers: KeyValue;
let store: RunStore;

beforeEach(async () => {
  blobs = new Map([[digest, bytes]]);
  runs = new Map();
  deleting = gate();
  mayDelete = gate();
  stored = gate();
  pointers = keyValue();
  catalog = await ArtifactCatalog.open(keyValue(), blobStore(), { stateDir: root, log });
  store = runStore();
});

interface Gate {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function gate(): Gate {
  let open = () => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, resolve: () => open() };
}

function keyValue(): KeyValue {
  const entries = new Map<string, string>();
  return {
    get: async (key: string) => {
      const value = entries.get(key);
      return value === undefined ? undefined : { value, revision: 1 };
    },
    put: async (key: string, value: string) => entries.set(key, value).size,
    update: async (key: string, value: string) => entries.set(key, value).size,
    delete: async (key: string) => void entries.delete(key),
    keys: async () => [...entries.keys()],
  } as unknown as KeyValue;
}

function blobStore(): BlobStore {
  return {
    has: async (own: string) => blobs.has(own),
    put: async (own: Uint8Array) => {
      blobs.set(sha256Hex(own), own);
      return sha256Hex(own);
    },
    putChunks: async (blob: { digest: string }, chunks: AsyncIterable<Uint8Array>) => {
      for await (const chunk of chunks) blobs.set(blob.digest, chunk);
      stored.resolve();
    },
    read: async function* (own: string) {
      yield blobs.get(own);
    },
    delete: async (own: string) => {
      deleting.resolve();
      await mayDelete.promise;
      blobs.delete(own);
    },
    list: async () =>
      Array.from(blobs, ([own, { length }]) => ({ digest: own, sizeBytes: length, putAtMs: 0 })),
    uploads: async () => [],
  } as unknown as BlobStore;
}

function runStore(): RunStore {
  return {
    unreadable: [],
    get: (runId: string) => runs.get(runId),
    require: (runId: string) => runs.get(runId) as RunRecord,
    list: () => [...runs.values()],
    create: async (record: RunRecord) => {
      runs.set(record.runId, record);
      return record;
    },
    update: async (runId: string, change: (record: RunRecord) => RunRecord | undefined) => {
      const record = runs.get(runId) as RunRecord;
      const next = change(record) ?? record;
      runs.set(runId, next);
      return next;
    },
    delete: async (runId: string, _: unknown, deleteRest: () => Promise<void>) => {
      runs.delete(runId);
      await deleteRest();
    },
  } as unknown as RunStore;
}

const run = (more: Partial<RunRecord> = {}): RunRecord => ({
  ...queued(),
  dataset: { digest, classCount: 2 },
  teachers: [],
  ...more,
});

function lifecycle(): RunLifecycle {
  const monitor = { costs: { of: () => undefined }, progress: () => undefined };
  const events = { add: () => undefined };
  const parts = { store, pointers, catalog, monitor, events, log, now };
  return new RunLifecycle(parts as unknown as ConstructorParameters<typeof RunLifecycle>[0]);
}

const superseded = () => new SupersededBlobs({ store, pointers, catalog, log });

/** All operations that delete the blob, by name. */
const DELETIONS: Readonly<Record<string, () => Promise<unknown>>> = {
  'a name of it is forgotten': async () => {
    const { artifact } = await catalog.push('dataset', 'former', file, 1);
    await catalog.forget(artifact);
    return deleteUnreferred({ store, pointers, catalog, log }, [digest]);
  },
  'a run that had it is deleted': async () => {
    const former = run({ runId: 'former', state: 'SUCCEEDED', baselineRunId: undefined });
    runs.set(former.runId, former);
    const ledgers = { delete: async () => undefined };
    const events = { purge: async () => undefined };
    const parts = { store, pointers, catalog, ledgers, events, log, now };
    return new RunDeletion(parts as unknown as ConstructorParameters<typeof RunDeletion>[0]).delete(
      'former',
    );
  },
  'a checkpoint like it is superseded': async () => {
    const deletion = superseded();
    deletion.add([digest]);
    await deletion.settled();
  },
  'garbage is collected': async () => {
    const eventLog = { runIds: async () => [] } as unknown as EventLog;
    const collector = new GarbageCollector({ store, pointers, catalog, eventLog, log, now });
    return collector.collect({ dryRun: false, graceMs: 0 });
  },
};

describe.each(Object.entries(DELETIONS))('a blob that is being deleted while %s', (_, deletion) => {
  test('is stored afterwards if its bytes are pushed', async () => {
    const deleted = deletion();
    await deleting.promise;
    const pushed = catalog.push('dataset', 'new', file, 2);
    await laterPush();
    mayDelete.resolve();
    await Promise.all([deleted, pushed]);
    expect((await catalog.find('dataset', 'new'))?.digest).toBe(digest);
    expect(blobs.has(digest)).toBe(true);
  });

  test('makes a submitted run that needs it fail', async () => {
    const deleted = deletion();
    await deleting.promise;
    const submitted = lifecycle().submit(run());
    submitted.catch(() => undefined);
    await laterPush();
    mayDelete.resolve();
    await deleted;
    const twelve = digest.slice(0, 12);
    await expect(submitted).rejects.toThrow(
      `run ${queued().runId}: the data set, ${twelve}, is not stored any more; push it again, then submit the run`,
    );
    expect(runs.size).toBe(0);
  });

  test('makes a checkpoint commit of its bytes UNAVAILABLE, and a second commit stores it', async () => {
    const runId = 'trains';
    const pointer = { runId, attempt: 1, assignmentEpoch: 3, step: 0 };
    await pointers.put(runId, JSON.stringify(pointer));
    // The run in TRAINING has another data set.
    runs.set(runId, run({ runId, state: 'TRAINING', dataset: { digest: 'e'.repeat(64), classCount: 2 } })); // biome-ignore format: one line
    const commits = new CheckpointCommits({ pointers, catalog, superseded: superseded() });
    const checkpoint = { step: 5, digest: digestBytes(digest) };
    const sizeBytes = bytes.length;
    const header = { runId, assignmentEpoch: 3, checkpoint, sizeBytes, named: undefined, previous: undefined, history: undefined }; // biome-ignore format: one line
    const chunks = async function* () {
      yield bytes;
    };
    const commit = () => commits.commit(header, chunks(), async () => undefined);
    const deleted = deletion();
    await deleting.promise;
    const committed = commit();
    committed.catch(() => undefined);
    await stored.promise;
    await laterPush();
    mayDelete.resolve();
    await deleted;
    await expect(committed).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect((await pointers.get(runId))?.value).toBe(JSON.stringify(pointer));
    await commit();
    await superseded().settled();
    expect(blobs.has(digest)).toBe(true);
  });

  test('sends a run whose finished training names it back to QUEUED', async () => {
    const assignment = { workerId: 'w', assignmentEpoch: 3, sessionKeyDigest: 'k' };
    const other = { digest: 'e'.repeat(64), classCount: 2 };
    runs.set('ends', run({ runId: 'ends', state: 'TRAINING', assignment, dataset: other }));
    const deleted = deletion();
    await deleting.promise;
    const left = digestBytes(digest);
    const measurement = { parameterCount: 1, weightBytes: 1, latencyBatch1Ms: 1, trainingSeconds: 1, waitingSeconds: 0, samples: 1 }; // biome-ignore format: one line
    const told = lifecycle().done({
      runId: 'ends',
      assignmentEpoch: 3,
      modelDigest: left,
      logitsDigest: left,
      finalWeightsDigest: left,
      measurement,
      selectedStep: 1,
      selectedValidation: undefined,
    } as unknown as TrainingDone);
    await laterPush();
    mayDelete.resolve();
    await Promise.all([deleted, told]);
    expect(runs.get('ends')).toMatchObject({
      state: 'QUEUED',
      reason: `blob ${digest}, which the training left, is not stored any more`,
      studentFailureCount: 1,
    });
    expect(runs.get('ends')?.outcome).toBeUndefined();
  });
});

test('deleteUnreferred keeps a blob that a run being submitted needs', async () => {
  mayDelete.resolve();
  const { artifact } = await catalog.push('dataset', 'former', file, 1);
  const [creating, mayCreate] = [gate(), gate()];
  const { create } = store;
  store.create = async (record) => {
    creating.resolve();
    await mayCreate.promise;
    return create(record);
  };
  const submitted = lifecycle().submit(run());
  await creating.promise;
  await catalog.forget(artifact);
  const deleted = deleteUnreferred({ store, pointers, catalog, log }, [digest]);
  await laterPush();
  mayCreate.resolve();
  await Promise.all([submitted, deleted]);
  expect(blobs.has(digest)).toBe(true);
});

test('BlobReferences.inTurn runs calls that share digests in order, also after one failed', async () => {
  mayDelete.resolve();
  const { references } = catalog;
  const failed = references.inTurn(['one', 'two'], () =>
    Promise.reject(new LyceumError('UNAVAILABLE', 'no answer')),
  );
  const order: number[] = [];
  const turns = [['two', 'one'], ['one'], ['two', 'three']].map((digests, at) =>
    references.inTurn(digests, async () => order.push(at)),
  );
  await expect(failed).rejects.toThrow('no answer');
  await Promise.all(turns);
  expect(order).toEqual([0, 1, 2]);
});
