// A run is deleted, and another with its id is submitted.
import { StepProgress } from '@lyceum/proto';
import { expect, it } from 'vitest';
import { RunMonitor } from '../../src/monitoring/run-monitor.js';
import type { RunRecord } from '../../src/runs/index.js';
import { queued } from '../runs/queued-run.js';

it('RunMonitor has no progress and no costs of a deleted run for a new run of its id', () => {
  let record: RunRecord | undefined = queued();
  let changed: (runId: string) => void = () => {};
  const monitor = new RunMonitor({
    get: () => record,
    onChange: (listener) => {
      changed = listener;
      return () => {};
    },
  });
  const { runId } = record;
  monitor.report(runId, StepProgress.fromPartial({ step: 7, samples: 700, trainingSeconds: 2 }));
  monitor.costs.trained(record, 1, 2);
  changed(runId);
  expect(monitor.progress(runId)).toMatchObject({ step: 7, samplesPerSecond: 350 });
  record = undefined;
  changed(runId);
  record = queued();
  changed(runId);
  expect(monitor.progress(runId)).toBeUndefined();
  expect(monitor.costs.of(record)).toBeUndefined();
});
