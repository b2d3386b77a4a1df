/** What tests of a real cluster share: how it is started, what runs are submitted, and how far they have come. */
import { type Run, RunState } from '@lyceum/proto';
import { expect, vi } from 'vitest';
import { type CoordinatorClient, hasEnded } from '../../src/client/index.js';
import { LocalCluster, type LocalClusterOptions } from '../../src/local-cluster/index.js';

/** Longer than any wait that succeeds: a test that waits so long has failed. */
export const PATIENT = { timeout: 300_000, interval: 50 };

/** One worker of each kind, with one thread each, unless `options` say otherwise. */
export function startCluster(options: Partial<LocalClusterOptions> = {}): Promise<LocalCluster> {
  return LocalCluster.start({
    environment: process.env,
    teacherWorkers: 1,
    studentWorkers: 1,
    computeThreads: 1,
    ...options,
  });
}

/** The document of a run, as it is submitted. */
export function runDocument(name: string, spec: object, kind = 'Distillation'): string {
  return JSON.stringify({ apiVersion: 'lyceum.dev/v1alpha1', kind, metadata: { name }, spec });
}

/** Waits for the end of a run, which must be a good one. */
export async function succeeded(client: CoordinatorClient, runId: string): Promise<Run> {
  const run = await client.waitForEnd(runId);
  const { state, reason } = run;
  expect({ state, reason }).toEqual({ state: RunState.RUN_STATE_SUCCEEDED, reason: '' });
  return run;
}

/** Waits until the run is as it should be. @returns the run as it is then. */
export function untilRun(
  client: CoordinatorClient,
  runId: string,
  holds: (run: Run) => boolean,
): Promise<Run> {
  return vi.waitFor(async () => {
    const run = await client.getRun(runId);
    if (!holds(run)) throw new Error(`${runId}: ${run.progress?.step} ${run.state} ${run.reason}`);
    return run;
  }, PATIENT);
}

/** Waits for the first checkpoint: what happens next happens in the middle of the run. */
export async function inTheMiddle(client: CoordinatorClient, runId: string): Promise<void> {
  for await (const run of client.watchRun(runId)) {
    if ((run.progress?.checkpointStep ?? 0) > 0) return;
    expect(hasEnded(run), run.reason).toBe(false);
  }
}

export const isPaused = ({ state }: Run) => state === RunState.RUN_STATE_PAUSED;

export const hasTaken =
  (steps: number) =>
  ({ progress }: Run) =>
    (progress?.step ?? 0) >= steps;
