// A store of one record with a clock that the test sets; or a bucket that makes an update and loses its receipt.
import { createLogger } from '@lyceum/platform';
import type { KeyValue } from '@lyceum/platform/nats';
import { LyceumError, StepProgress, TrainingFailed } from '@lyceum/proto';
import { expect, test } from 'vitest';
import type { ArtifactCatalog } from '../../src/artifacts/index.js';
import { RunLifecycle } from '../../src/lifecycle/run-lifecycle.js';
import { RunCosts } from '../../src/monitoring/run-costs.js';
import type { RunEvents } from '../../src/monitoring/run-events.js';
import { RunMonitor } from '../../src/monitoring/run-monitor.js';
import { claimPointer } from '../../src/runs/checkpoint-pointers.js';
import type { RunRecord } from '../../src/runs/record/run-record.js';
import { RunStore } from '../../src/runs/run-store.js';
import { queued } from '../runs/queued-run.js';

test('RunLifecycle.succeed ends a run when it is called, not when its report was begun', async () => {
  let record: RunRecord = { ...queued(), state: 'EVALUATING' };
  let nowMs = 1_000;
  const told: { atMs: number; message: string }[] = [];
  const store = {
    require: () => record,
    update: async (_: string, change: (r: RunRecord) => RunRecord | undefined) => {
      record = change(record) ?? record;
      return record;
    },
  };
  const costs = new RunCosts();
  costs.trained(record, 3, 12);
  const lifecycle = new RunLifecycle({
    store: store as unknown as RunStore,
    pointers: {} as KeyValue,
    catalog: {} as ArtifactCatalog,
    monitor: { forget: () => undefined, costs } as unknown as RunMonitor,
    events: {
      add: (_: string, __: string, message: string) => told.push({ atMs: nowMs, message }),
    } as unknown as RunEvents,
    log: createLogger({ name: 'test', level: 'silent' }),
    now: () => nowMs,
  });
  const composingBeganAtMs = nowMs;
  nowMs = 6_000;
  const digest = 'ab'.repeat(32);
  const files = { reportDigest: digest, predictionsDigest: digest };
  // A caller's earlier time is ignored.
  await Reflect.apply(lifecycle.succeed, lifecycle, [record.runId, files, composingBeganAtMs]);
  expect(record).toMatchObject({ state: 'SUCCEEDED', endedAtMs: 6_000 });
  // The record holds the cost from then on.
  expect(record.cost).toMatchObject({ assignmentEpoch: 3, assignmentSeconds: 12 });
  expect(told).toEqual([{ atMs: 6_000, message: 'EVALUATING → SUCCEEDED' }]);
});

/** @param losesReceipt - whether the next update is made, and fails for its caller. */
function bucket(losesReceipt: () => boolean): KeyValue {
  const entries = new Map<string, { value: string; revision: number }>();
  let revision = 0;
  const write = async (key: string, value: string, after: number) => {
    if ((entries.get(key)?.revision ?? 0) !== after) throw new LyceumError('ABORTED', 'conflict');
    entries.set(key, { value, revision: ++revision });
    if (losesReceipt()) throw new LyceumError('UNAVAILABLE', 'no answer');
    return revision;
  };
  return {
    keys: async () => [...entries.keys()],
    get: async (key: string) => entries.get(key),
    create: (key: string, value: string) => write(key, value, 0),
    update: write,
  } as unknown as KeyValue;
}

test('RunLifecycle assigns a run anew after the receipt of its assignment was lost', async () => {
  let isLosing = false;
  const losesReceipt = () => {
    const loses = isLosing;
    isLosing = false;
    return loses;
  };
  const log = createLogger({ name: 'test', level: 'silent' });
  const leadership = { leaderEpoch: 5, assertHeld: async () => undefined };
  const store = await RunStore.open(bucket(losesReceipt), leadership, log);
  const pointers = bucket(() => false);
  const { runId } = await store.create(queued());
  const lifecycle = new RunLifecycle({
    store,
    pointers,
    catalog: {} as ArtifactCatalog,
    monitor: { forget: () => undefined, costs: new RunCosts() } as unknown as RunMonitor,
    events: { add: () => undefined } as unknown as RunEvents,
    log,
    now: () => 1,
  });
  const holder = { workerId: 's1', sessionKeyDigest: 'a'.repeat(64) };
  const worker = { workerId: 's1', version: '1', engine: '', engineVersion: '', computeThreads: 1, device: 'cpu' }; // biome-ignore format: one line
  const assign = () => lifecycle.assign(runId, holder, worker);
  const epochs = async () => ({
    record: store.require(runId).assignment?.assignmentEpoch,
    pointer: JSON.parse((await pointers.get(runId))?.value ?? '').assignmentEpoch,
  });
  isLosing = true;
  await expect(assign()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await assign();
  // The worker is told of epoch 1, which the pointer does not accept.
  expect(await epochs()).toEqual({ record: 1, pointer: 2 });
  const failure = { reason: 'the assignment was lost', retryable: true, storageFull: false };
  const lost = TrainingFailed.fromPartial({ ...failure, runId, assignmentEpoch: 1, assignmentLost: true }); // biome-ignore format: one line
  await lifecycle.workerFailed(lost);
  expect(store.require(runId)).toMatchObject({ state: 'QUEUED', studentLossCount: 1 });
  await assign();
  expect(await epochs()).toEqual({ record: 3, pointer: 3 });
});

test('RunLifecycle.submit starts afresh if its id has a pointer and events of a deleted run', async () => {
  const log = createLogger({ name: 'test', level: 'silent' });
  const leadership = { leaderEpoch: 5, assertHeld: async () => undefined };
  const store = await RunStore.open(
    bucket(() => false),
    leadership,
    log,
  );
  const pointers = bucket(() => false);
  const digest = 'ab'.repeat(32);
  const left = { runId: 'run', attempt: 1, assignmentEpoch: 3, step: 40, digest };
  await pointers.create('run', JSON.stringify(left));
  const purged: string[] = [];
  const lifecycle = new RunLifecycle({
    store,
    pointers,
    catalog: {
      references: { refer: (_: unknown, write: () => unknown) => write() },
    } as unknown as ArtifactCatalog,
    monitor: {} as RunMonitor,
    events: {
      add: () => undefined,
      purge: async (id: string) => void purged.push(id),
    } as unknown as RunEvents,
    log,
    now: () => 1,
  });
  const { runId } = await lifecycle.submit(queued());
  expect(purged).toEqual([runId]);
  const pointer = await claimPointer(pointers, runId, 1);
  // Assignment epochs go on, so a worker of the former run changes nothing.
  expect(pointer).toEqual({ runId, attempt: 1, assignmentEpoch: 5, step: 0 });
  // A second submission is refused, and changes nothing.
  await expect(lifecycle.submit(queued())).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  expect(purged).toEqual([runId]);
  expect(JSON.parse((await pointers.get(runId))?.value ?? '')).toEqual(pointer);
});

test('RunLifecycle.retry leaves the progress of a run alone that it refuses to try again', async () => {
  const log = createLogger({ name: 'test', level: 'silent' });
  const leadership = { leaderEpoch: 5, assertHeld: async () => undefined };
  const store = await RunStore.open(
    bucket(() => false),
    leadership,
    log,
  );
  const { runId } = await store.create({ ...queued(), state: 'TRAINING' });
  const monitor = new RunMonitor(store);
  const lifecycle = new RunLifecycle({
    store,
    pointers: {} as KeyValue,
    catalog: {} as ArtifactCatalog,
    monitor,
    events: { add: () => undefined } as unknown as RunEvents,
    log,
    now: () => 1_000,
  });
  monitor.report(runId, StepProgress.fromPartial({ step: 40 }));
  await expect(lifecycle.retry(runId)).rejects.toThrow('only a run that FAILED or was CANCELLED');
  expect(monitor.progress(runId)?.step).toBe(40);
  await lifecycle.fail(runId, 'its student diverged');
  monitor.degraded(runId, 0.5);
  await lifecycle.retry(runId);
  monitor.report(runId, StepProgress.fromPartial({ step: 1 }));
  expect(monitor.progress(runId)?.degradedShare).toBeUndefined();
});
