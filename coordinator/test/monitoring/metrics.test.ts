/** Metrics from sources that the test changes between two readings. */
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { observeCoordinator } from '../../src/monitoring/index.js';
import type { RunStateName } from '../../src/schedule/index.js';

it('metric lyceum_runs has the current count of each state, and zero for the others', async () => {
  const registry = new Registry();
  let states: readonly RunStateName[] = ['PAUSED', 'TRAINING', 'PAUSED'];
  observeCoordinator(registry, {
    isNatsConnected: () => true,
    sessionCounts: () => ({ teacher: 0, student: 0 }),
    openTicketCount: () => 0,
    desiredTeacherWorkers: () => 0,
    dataShares: () => ({ eventLoop: 0, dataThreads: 0 }),
    answerBytes: () => 0,
    quarantineCount: () => 0,
    runStates: () => states,
    runs: () => [],
  });
  const read = () => registry.getSingleMetricAsString('lyceum_runs');

  const before = await read();
  expect(before).toContain('lyceum_runs{state="PAUSED"} 2\n');
  expect(before).toContain('lyceum_runs{state="TRAINING"} 1\n');
  expect(before).toContain('lyceum_runs{state="FAILED"} 0');

  states = ['TRAINING'];
  expect(await read()).toContain('lyceum_runs{state="PAUSED"} 0\n');
});
