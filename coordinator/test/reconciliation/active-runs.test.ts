// Runs in EVALUATING that wait for another run and ask no teacher.
import { SPLIT_NUMBERS } from '@lyceum/learning/datasets';
import { createLogger } from '@lyceum/platform';
import { expect, it } from 'vitest';
import { ActiveRuns, type ActiveRunsParts } from '../../src/reconciliation/active-runs.js';
import type { RunRecord } from '../../src/runs/index.js';
import { queued } from '../runs/queued-run.js';

function evaluated(changes: Partial<RunRecord> = {}): RunRecord {
  return { ...queued(), state: 'EVALUATING', baselineRunId: 'other', ...changes };
}

function following(runs: Map<string, RunRecord>): ActiveRuns {
  const dataset = {
    labels: Int32Array.of(0, 1, 0),
    splits: Uint8Array.from([SPLIT_NUMBERS.train, SPLIT_NUMBERS.validation, SPLIT_NUMBERS.test]),
    sampleCount: 3,
    classCount: 2,
    modalities: new Map(),
  };
  const other = { ...queued(), runId: 'other', state: 'TRAINING' };
  const parts = {
    store: {
      list: () => [...runs.values()],
      get: (runId: string) => (runId === 'other' ? other : runs.get(runId)),
    },
    catalog: { dataset: async () => dataset },
    canaries: { unprovenOf: () => undefined },
    log: createLogger({ name: 'test', level: 'silent' }),
  };
  return new ActiveRuns(parts as unknown as ActiveRunsParts);
}

it('ActiveRuns drops the evaluation of a run that was deleted', async () => {
  const record = evaluated();
  const runs = new Map([[record.runId, record]]);
  const active = following(runs);
  await active.follow();
  expect(active.evaluation(record.runId)).toBeDefined();
  runs.clear();
  await active.follow();
  expect(active.evaluation(record.runId)).toBeUndefined();
});

it('ActiveRuns begins a new evaluation for another run of the same id', async () => {
  const record = evaluated({ submittedAtMs: 1_000 });
  const runs = new Map([[record.runId, record]]);
  const active = following(runs);
  await active.follow();
  const before = active.evaluation(record.runId);
  await active.follow();
  expect(active.evaluation(record.runId)).toBe(before);
  runs.set(record.runId, evaluated({ submittedAtMs: 2_000 }));
  await active.follow();
  expect(active.evaluation(record.runId)).not.toBe(before);
});
