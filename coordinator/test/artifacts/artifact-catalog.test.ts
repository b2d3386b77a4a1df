/** A catalog over a store in memory, whose deletions wait for the test. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeDataset, parseDataset } from '@lyceum/learning/datasets';
import { createLogger } from '@lyceum/platform';
import type { BlobStore, KeyValue } from '@lyceum/platform/nats';
import { sha256Hex } from '@lyceum/proto';
import { afterAll, expect, test } from 'vitest';
import { ArtifactCatalog } from '../../src/artifacts/artifact-catalog.js';
import { tinyDatasetBytes } from '../support.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-catalog-'));
afterAll(() => rmSync(root, { recursive: true }));
const log = createLogger({ name: 'test', level: 'silent' });

function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

function namesInMemory(): KeyValue {
  const names = new Map<string, string>();
  return {
    get: async (key: string) => {
      const value = names.get(key);
      return value === undefined ? undefined : { value, revision: 1 };
    },
    put: async (key: string, value: string) => names.set(key, value).size,
    delete: async (key: string) => void names.delete(key),
    keys: async () => [...names.keys()],
  } as unknown as KeyValue;
}

test('bytes that are pushed under another name while they are deleted are there afterwards', async () => {
  const keyValue = namesInMemory();
  const blobs = new Map<string, Uint8Array>();
  const [deleting, mayDelete] = [gate(), gate()];
  const store = {
    has: async (digest: string) => blobs.has(digest),
    put: async (bytes: Uint8Array) => void blobs.set(sha256Hex(bytes), bytes),
    read: async function* (digest: string) {
      yield blobs.get(digest);
    },
    delete: async (digest: string) => {
      deleting.open();
      await mayDelete.opened;
      blobs.delete(digest);
    },
  } as unknown as BlobStore;
  const catalog = await ArtifactCatalog.open(keyValue, store, { stateDir: root, log });
  const file = join(root, 'set.npz');
  writeFileSync(file, tinyDatasetBytes(0));

  const { artifact } = await catalog.push('dataset', 'one', file, 1);
  const deleted = catalog.delete(artifact, () => []);
  await deleting.opened;
  const pushed = catalog.push('dataset', 'other', file, 2);
  // Without its turn the push would be over before one that began later, and its bytes be deleted afterwards.
  const later = join(root, 'later.npz');
  writeFileSync(later, tinyDatasetBytes(1));
  // By another catalog: one has one push at a time.
  const stateDir = join(root, 'beside');
  const beside = await ArtifactCatalog.open(keyValue, store, { stateDir, log });
  await beside.push('dataset', 'later', later, 3);
  mayDelete.open();
  await Promise.all([deleted, pushed]);
  expect(await catalog.find('dataset', 'other')).toMatchObject({ digest: artifact.digest });
  expect(blobs.has(artifact.digest)).toBe(true);
});

test('one file at a time is in memory, however many are pushed', async () => {
  let [underWay, most] = [0, 0];
  const store = {
    has: async () => false,
    put: async () => {
      most = Math.max(most, ++underWay);
      // Longer than files are looked into: others would be put meanwhile.
      await sleep(500);
      underWay--;
    },
  } as unknown as BlobStore;
  const catalog = await ArtifactCatalog.open(namesInMemory(), store, { stateDir: root, log });
  const pushed = (name: string, bytes: Uint8Array | string) => {
    const file = join(root, `${name}.npz`);
    writeFileSync(file, bytes);
    return catalog.push('dataset', name, file, 1);
  };
  const sets = [1, 2, 3].map((variant) => pushed(`set-${variant}`, tinyDatasetBytes(variant)));
  const none = pushed('none', 'no set');
  const last = pushed('set-4', tinyDatasetBytes(4));
  await expect(none).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(await Promise.all([...sets, last])).toHaveLength(4);
  expect(most).toBe(1);
});

test('what has more names than are kept beside it is refused before it is stored', async () => {
  const store = {
    has: async () => false,
    put: async () => expect.unreachable('it was stored'),
  } as unknown as BlobStore;
  const catalog = await ArtifactCatalog.open(namesInMemory(), store, { stateDir: root, log });
  const file = join(root, 'many.npz');
  const { digest: _, ...set } = parseDataset(tinyDatasetBytes(0));
  const classNames = Array.from({ length: 60_000 }, (_, c) => `class number ${c}`);
  writeFileSync(file, encodeDataset({ ...set, classCount: classNames.length, classNames }));
  await expect(catalog.push('dataset', 'many', file, 1)).rejects.toThrow(
    /^data set many: what is kept beside it, names of classes and columns above all, has 1\d{6} bytes; at most 1024000/,
  );
});
