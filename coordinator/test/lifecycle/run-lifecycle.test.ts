// On a store of one record that takes every change, with a clock that the test turns.
import { createLogger } from '@lyceum/platform';
import type { KeyValue } from '@lyceum/platform/nats';
import { expect, test } from 'vitest';
import type { ArtifactCatalog } from '../../src/artifacts/index.js';
import { RunLifecycle } from '../../src/lifecycle/run-lifecycle.js';
import { RunCosts } from '../../src/monitoring/run-costs.js';
import type { RunEvents } from '../../src/monitoring/run-events.js';
import type { RunMonitor } from '../../src/monitoring/run-monitor.js';
import type { RunRecord } from '../../src/runs/record/run-record.js';
import type { RunStore } from '../../src/runs/run-store.js';
import { queued } from '../runs/queued-run.js';

test('a run has ended when it is told to have SUCCEEDED, not when its report was begun', async () => {
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
  // What a caller may still say of an earlier moment counts for nothing.
  await Reflect.apply(lifecycle.succeed, lifecycle, [record.runId, files, composingBeganAtMs]);
  expect(record).toMatchObject({ state: 'SUCCEEDED', endedAtMs: 6_000 });
  // What it has cost stands in its record from then on.
  expect(record.cost).toMatchObject({ assignmentEpoch: 3, assignmentSeconds: 12 });
  expect(told).toEqual([{ atMs: 6_000, message: 'EVALUATING → SUCCEEDED' }]);
});
