// Stores with two uploads and a clock two hours ahead of NATS's; then with two pointers.
import { createLogger } from '@lyceum/platform';
import type { BlobStore, EventLog, KeyValue } from '@lyceum/platform/nats';
import { expect, test } from 'vitest';
import { BlobReferences } from '../../src/artifacts/blob-references.js';
import type { ArtifactCatalog } from '../../src/artifacts/index.js';
import { GarbageCollector } from '../../src/lifecycle/garbage-collector.js';
import type { RunStore } from '../../src/runs/index.js';

const HOUR_MS = 3_600_000;
/** References to no blobs. */
const references = new BlobReferences({} as BlobStore);

test('GarbageCollector keeps an upload in progress even if its clock is two hours ahead', async () => {
  const deleted: string[] = [];
  const uploads = [
    { id: 'goes-on', sizeBytes: 7, idleMs: 5 },
    { id: 'cut-off', sizeBytes: 8, idleMs: HOUR_MS },
  ];
  const blobs = {
    list: async () => [],
    uploads: async () => uploads,
    deleteUpload: async (id: string) => void deleted.push(id),
  };
  const collector = new GarbageCollector({
    store: { list: () => [], unreadable: [] } as unknown as RunStore,
    pointers: { keys: async () => [] } as unknown as KeyValue,
    catalog: { blobs, references, digests: async () => [] } as unknown as ArtifactCatalog,
    eventLog: { runIds: async () => [] } as unknown as EventLog,
    log: createLogger({ name: 'test', level: 'silent' }),
    now: () => Date.now() + 2 * HOUR_MS,
  });
  const found = await collector.collect({ dryRun: false, graceMs: HOUR_MS });
  expect(found).toEqual([{ kind: 'upload', name: 'cut-off', sizeBytes: 8 }]);
  expect(deleted).toEqual(['cut-off']);
});

test('GarbageCollector keeps the pointer of a run that is submitted during the collection', async () => {
  const runs = new Set<string>();
  const deleted: string[] = [];
  const pointers = {
    keys: async () => ['former', 'other'],
    get: async (runId: string) => ({
      value: JSON.stringify({ runId, attempt: 1, assignmentEpoch: 3, step: 0, deletedAtMs: 1 }),
      revision: 1,
    }),
    delete: async (runId: string) => {
      deleted.push(runId);
      // A run with the second id is submitted while the first pointer is being deleted.
      runs.add('other');
    },
  };
  const get = (runId: string) => (runs.has(runId) ? { runId } : undefined);
  const collector = new GarbageCollector({
    store: { list: () => [], get, unreadable: [] } as unknown as RunStore,
    pointers: pointers as unknown as KeyValue,
    catalog: {
      blobs: { list: async () => [], uploads: async () => [] },
      references,
      digests: async () => [],
    } as unknown as ArtifactCatalog,
    eventLog: { runIds: async () => [] } as unknown as EventLog,
    log: createLogger({ name: 'test', level: 'silent' }),
    now: () => 10 * HOUR_MS,
  });
  await collector.collect({ dryRun: false, graceMs: HOUR_MS });
  expect(deleted).toEqual(['former']);
});
