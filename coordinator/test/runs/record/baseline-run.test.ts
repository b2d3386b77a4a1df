// A baseline is made from the record of its run.
import { describe, expect, it } from 'vitest';
import { replayRun } from '../../../src/planning/replay-run.js';
import { planBaseline } from '../../../src/runs/record/baseline-run.js';
import { parseRunRecord, runRecordText } from '../../../src/runs/record/run-record.js';
import { queued } from '../queued-run.js';

it('planBaseline and replayRun keep the modality of the student', () => {
  const run = { ...queued(), studentModality: 'sound' };
  const replay = { runId: 'again', sequence: 2, leaderEpoch: 1, nowMs: 10 };
  expect(planBaseline(run, 2, 10).studentModality).toBe('sound');
  expect(replayRun({ ...run, state: 'SUCCEEDED' }, replay).studentModality).toBe('sound');
});

describe('a baseline', () => {
  it('takes as many steps as its run, on labels alone, and measures validation as often', () => {
    const record = planBaseline(queued(), 2, 10);
    expect(record).toMatchObject({
      runId: 'run-alone',
      parentRunId: 'run',
      plan: { sampleCount: 200, batchSize: 100, stepsPerEpoch: 2, stepCount: 40 },
      specification: {
        kind: 'Training',
        metadata: { name: 'run-alone' },
        spec: {
          labels: { count: 200, seed: 1 },
          training: { steps: 40, seed: 1 },
          selection: { everySteps: 10 },
          objective: [{ term: 'ce', weight: 1 }],
        },
      },
    });
    expect(record.specification.spec.training.epochs).toBeUndefined();
    expect(parseRunRecord(runRecordText(record))).toEqual(record);
  });
});
