/**
 * NATS comes back with an empty store in the middle of a run: the coordinator restores it from the copy on its own
 * disk, and the run ends with the weights of an undisturbed one.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeDataset } from '@lyceum/learning/datasets';
import { ArtifactKind, type Run, RunState } from '@lyceum/proto';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { CoordinatorClient, hasEnded } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { startCluster } from './cluster-runs.js';
import { images, LONG, TEACHER } from './long-run.js';

const PATIENT = { timeout: 240_000, interval: 100 };
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let folder: string;
let cluster: LocalCluster;
let client: CoordinatorClient;
let undisturbed: Run;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-lost-store-'));
  cluster = await startCluster({
    lookupDelayMs: 20,
    stateDir: folder,
  });
  client = new CoordinatorClient(cluster.address);
  const bytes = encodeDataset(images());
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'images', bytes);
  await client.submitRun(JSON.stringify(TEACHER));
  await succeeded('teacher');
  await client.submitRun(JSON.stringify(LONG), { runId: 'undisturbed' });
  undisturbed = await succeeded('undisturbed');
});

beforeEach(async () => {
  for (const { id, neededBy } of await client.listAnswerTables()) {
    if (neededBy.length === 0) await client.deleteAnswerTable(id);
  }
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Asks again and again: the coordinator answers no call while it restores the store. */
async function succeeded(runId: string): Promise<Run> {
  const run = await vi.waitFor(async () => {
    const now = await client.getRun(runId);
    if (!hasEnded(now)) throw new Error(`run ${runId} is at step ${now.progress?.step}`);
    return now;
  }, PATIENT);
  const { state, reason } = run;
  expect({ state, reason }).toEqual({ state: RunState.RUN_STATE_SUCCEEDED, reason: '' });
  return run;
}

/** Waits until the run has a checkpoint after `step`, and the coordinator a copy of one. */
async function checkpointAfter(runId: string, step: number): Promise<number> {
  return vi.waitFor(async () => {
    const run = await client.getRun(runId);
    expect(hasEnded(run), run.reason).toBe(false);
    const checkpointStep = run.progress?.checkpointStep ?? 0;
    expect(checkpointStep).toBeGreaterThan(step);
    return checkpointStep;
  }, PATIENT);
}

test('the coordinator restores an emptied NATS twice, and the run ends with the same weights', async () => {
  await client.submitRun(JSON.stringify(LONG), { runId: 'disturbed' });
  const step = await checkpointAfter('disturbed', 0);
  await cluster.restartNats('SIGKILL', 200, 'emptied');
  await checkpointAfter('disturbed', step);
  // Earlier runs are there, and a run that is submitted again is the same run.
  expect((await client.listRuns()).map(({ runId }) => runId).sort()).toEqual([
    'disturbed',
    'teacher',
    'undisturbed',
  ]);
  const again = await client.submitRun(JSON.stringify(LONG), { runId: 'disturbed' });
  expect(again.created).toBe(false);
  // A student worker that starts now has no state of its own: it goes on from the restored store.
  await cluster.kill('student-1', 'SIGKILL');
  await cluster.restartNats('SIGKILL', 0, 'emptied');
  await cluster.startStudentWorker();
  const run = await succeeded('disturbed');
  expect(run.attempt).toBe(1);
  expect(run.finalWeightsDigest).toBe(undisturbed.finalWeightsDigest);
  expect((await client.getReport('disturbed')).bitExact).toBe(true);
  expect((await client.getReport('undisturbed')).digests.studentFinalWeights).toBe(
    undisturbed.finalWeightsDigest,
  );
  expect(
    (await client.listArtifacts(ArtifactKind.ARTIFACT_KIND_DATASET)).map(({ name }) => name),
  ).toEqual(['images']);
});

test('a coordinator that was away when NATS was emptied restores it when it starts', async () => {
  await client.submitRun(JSON.stringify(LONG), { runId: 'away' });
  await checkpointAfter('away', 0);
  const nats = cluster.restartNats('SIGKILL', 500, 'emptied');
  const coordinator = cluster.restartCoordinator('SIGKILL', 1_000);
  await Promise.all([nats, coordinator]);
  const run = await succeeded('away');
  expect(run.finalWeightsDigest).toBe(undisturbed.finalWeightsDigest);
});

test("a deleted run is deleted from the coordinator's copy of the store too", async () => {
  const mirror = path.join(folder, 'coordinator', 'mirror');
  const files = async () => [
    ...(await readdir(path.join(mirror, 'buckets', 'runs'))),
    ...(await readdir(path.join(mirror, 'blobs'))),
  ];
  await client.submitRun(JSON.stringify(TEACHER), { runId: 'short' });
  const run = await succeeded('short');
  await vi.waitFor(async () => expect(await files()).toContain('short.record'), PATIENT);
  const before = (await files()).length;
  await client.deleteRun(run.runId);
  await vi.waitFor(async () => {
    expect(await files()).not.toContain('short.record');
    expect((await files()).length).toBeLessThan(before - 1);
  }, PATIENT);
});
