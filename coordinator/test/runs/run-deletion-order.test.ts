// Deletion and submission of one id, with records in memory; the test says when the run's other data is deleted.
import { createLogger } from '@lyceum/platform';
import type { KeyValue } from '@lyceum/platform/nats';
import { expect, it, vi } from 'vitest';
import type { RunRecord } from '../../src/runs/record/run-record.js';
import { RunStore } from '../../src/runs/run-store.js';
import { queued } from './queued-run.js';

const WAIT = { timeout: 60_000 };

async function storeWithRun(): Promise<RunStore> {
  let revision = 0;
  const keys = new Set<string>();
  const kv = {
    keys: async () => [],
    create: async (key: string) => {
      keys.add(key);
      return ++revision;
    },
    delete: async (key: string) => void keys.delete(key),
  };
  const leadership = { leaderEpoch: 1, assertHeld: async () => {} };
  const log = createLogger({ name: 'test', level: 'silent' });
  const store = await RunStore.open(kv as unknown as KeyValue, leadership, log);
  await store.create(queued());
  return store;
}

it('RunStore.create of a deleted id waits until all data of the deleted run is deleted', async () => {
  const store = await storeWithRun();
  const order: string[] = [];
  let end = (): void => {};
  const deletion = store.delete(
    'run',
    () => {},
    () => new Promise((resolve) => (end = resolve)),
  );
  await vi.waitFor(() => expect(store.get('run')).toBeUndefined(), WAIT);
  const creation = store
    .create({ ...queued(), submittedAtMs: 2 })
    .then(() => order.push('created'));
  const other = { ...queued(), runId: 'other' };
  await store.create(other);
  order.push('other');
  end();
  await deletion.then(() => order.push('deleted'));
  await creation;
  expect(order).toEqual(['other', 'deleted', 'created']);
  expect(store.require('run').submittedAtMs).toBe(2);
});

it('RunStore.create of a deleted id still waits after a second deletion finds nothing', async () => {
  const store = await storeWithRun();
  const order: string[] = [];
  let end = (): void => {};
  const first = store.delete(
    'run',
    () => {},
    () => new Promise((resolve) => (end = resolve)),
  );
  const second = store.delete(
    'run',
    () => {},
    async () => {},
  );
  await expect(second).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const creation = store.create(queued()).then(() => order.push('created'));
  await store.create({ ...queued(), runId: 'other' });
  order.push('other');
  end();
  await first.then(() => order.push('deleted'));
  await creation;
  expect(order).toEqual(['other', 'deleted', 'created']);
});

it('RunStore.create takes the id of a run whose other data could not be deleted', async () => {
  const store = await storeWithRun();
  const failing = store.delete(
    'run',
    () => {},
    async () => {
      throw new Error('the disk fails');
    },
  );
  await expect(failing).rejects.toThrow('the disk fails');
  expect(await store.create(queued())).toMatchObject({ runId: 'run' });
});

it('RunStore.delete keeps a run if its check throws', async () => {
  const store = await storeWithRun();
  const check = (record: RunRecord): void => {
    throw new Error(`${record.runId} stays`);
  };
  const rest = vi.fn();
  await expect(store.delete('run', check, rest)).rejects.toThrow('run stays');
  expect([store.get('run')?.runId, rest.mock.calls.length]).toEqual(['run', 0]);
});

it('RunStore.create gives runs created at once consecutive sequence numbers', async () => {
  const store = await storeWithRun();
  const sequence = store.nextSequence();
  const ids = ['a', 'b', 'c'];
  await Promise.all(ids.map((runId) => store.create({ ...queued(), runId, sequence })));
  expect(store.list().map((run) => run.sequence)).toEqual([1, 2, 3, 4]);
});
