/** A catalog over stores in memory. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeDataset, parseDataset } from '@lyceum/learning/datasets';
import { createLogger } from '@lyceum/platform';
import type { BlobStore, KeyValue } from '@lyceum/platform/nats';
import { afterAll, expect, test } from 'vitest';
import { ArtifactCatalog } from '../../src/artifacts/artifact-catalog.js';
import { tinyDatasetBytes } from '../support.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-catalog-'));
afterAll(() => rmSync(root, { recursive: true }));
const log = createLogger({ name: 'test', level: 'silent' });

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

test('an ArtifactCatalog with an unreadable record lists the others, but refuses to list digests', async () => {
  const names = namesInMemory();
  const store = { has: async () => true, read: async function* () {}, put: async () => '', delete: async () => {} }; // biome-ignore format: one line
  const blobs = store as unknown as BlobStore;
  const catalog = await ArtifactCatalog.open(names, blobs, { stateDir: root, log });
  const file = join(root, 'set.npz');
  writeFileSync(file, tinyDatasetBytes(0));
  const { artifact } = await catalog.push('dataset', 'one', file, 1);
  expect(await catalog.digests()).toEqual([artifact.digest]);
  await names.put('model.torn', '{"kind":');
  expect(await catalog.list()).toEqual([artifact]);
  await expect(catalog.digests()).rejects.toThrow(
    'the record of model.torn cannot be read, so it is not known what it refers to; push it again',
  );
});

test('an ArtifactCatalog stores one file at a time, however many are pushed', async () => {
  let [underWay, most] = [0, 0];
  const store = {
    has: async () => false,
    put: async () => {
      most = Math.max(most, ++underWay);
      // Longer than the inspection of a file, so that other files could be put meanwhile.
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

test('an ArtifactCatalog refuses a data set with too long class names before it stores it', async () => {
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
    /^data set many: its description, mostly names of classes and columns, has 1\d{6} bytes; at most 1024000/,
  );
});
