// Two teacher workers of one teacher, real processes, of which one begins to answer wrongly: by NaN, or by other
// numbers, in the middle of a run or before it. Runs are compared with one in which both are well.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeDataset } from '@lyceum/learning/datasets';
import { ArtifactKind } from '@lyceum/proto';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { CoordinatorClient } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { inTheMiddle, startCluster, succeeded } from './cluster-runs.js';
import { images, LONG, TEACHER } from './long-run.js';
import { TeacherFaults } from './teacher-faults.js';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let folder: string;
let cluster: LocalCluster;
let client: CoordinatorClient;
let faults: TeacherFaults;
let undisturbed: string;

const STRICT = { ...LONG, spec: { ...LONG.spec, determinism: 'strict' } };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-health-'));
  faults = new TeacherFaults(path.join(folder, 'teacher-faults.json'));
  cluster = await startCluster({
    teacherWorkers: 2,
    // An epoch's answers take so long that there is a middle.
    lookupDelayMs: 20,
    stateDir: folder,
    env: { ...faults.env, LYCEUM_CANARY_SECONDS: '0.3' },
  });
  client = new CoordinatorClient(cluster.address);
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'images', encodeDataset(images()));
  await client.submitRun(JSON.stringify(TEACHER));
  await succeeded(client, 'teacher');
  undisturbed = (await succeeded(client, await submit('undisturbed'))).finalWeightsDigest;
  const { bitExact, teacherWarnings } = await client.getReport('undisturbed');
  expect({ bitExact, warnings: ofWorkers(teacherWarnings) }).toEqual({
    bitExact: true,
    warnings: [],
  });
});

beforeEach(async () => {
  faults.clear();
  for (const { workerId } of await client.listQuarantines()) await client.releaseWorker(workerId);
  for (const { id, neededBy } of await client.listAnswerTables()) {
    if (neededBy.length === 0) await client.deleteAnswerTable(id);
  }
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function submit(runId: string): Promise<string> {
  await client.submitRun(JSON.stringify(STRICT), { runId });
  return runId;
}

/** The warnings but the one that the teacher, which was trained on noise, knows nothing. */
function ofWorkers(warnings: readonly string[] = []): string[] {
  return warnings.filter((warning) => !warning.includes('no better than chance'));
}

test('a worker that answers NaN in the middle is quarantined, and the weights are the same', async () => {
  const runId = await submit('nan');
  await inTheMiddle(client, runId);
  faults.set({ 'teacher-2': 'nan' });
  const run = await succeeded(client, runId);
  const reason =
    'teacher-2 is quarantined with teacher one: it does not answer its probe: logits row 0 holds NaN';
  // The worker's answers since its last sound canary, if any.
  const dropped = /^\d+ answers of teacher one were dropped: it does not answer its probe: logits/;
  const others = (warnings?: readonly string[]) =>
    ofWorkers(warnings).filter((warning) => !dropped.test(warning));
  expect(run.finalWeightsDigest).toBe(undisturbed);
  expect(others(run.warnings)).toEqual([reason]);
  expect(others((await client.getReport(runId)).teacherWarnings)).toEqual([reason]);
  expect(await client.listQuarantines()).toEqual([
    expect.objectContaining({ workerId: 'teacher-2', teacher: 'one' }),
  ]);
});

test('a worker that is wrong before the run never answers, and the weights are the same', async () => {
  faults.set({ 'teacher-2': 'shift' });
  const runId = 'shift';
  // The healthy worker answers first.
  await cluster.kill('teacher-2', 'SIGSTOP');
  await submit(runId);
  await inTheMiddle(client, runId);
  await cluster.kill('teacher-2', 'SIGCONT');
  const run = await succeeded(client, runId);
  expect(run.finalWeightsDigest).toBe(undisturbed);
  expect((await client.listQuarantines()).map(({ workerId }) => workerId)).toEqual(['teacher-2']);
  expect((await client.getReport(runId)).environment.teacherWorkers.map((w) => w.workerId)).toEqual(
    ['teacher-1'],
  );
});

test('a worker that is wrong in the middle is quarantined by a canary, and the weights are the same', async () => {
  const runId = await submit('late-shift');
  await inTheMiddle(client, runId);
  faults.set({ 'teacher-2': 'shift' });
  const { finalWeightsDigest } = await succeeded(client, runId);
  const { bitExact, teacherWarnings } = await client.getReport(runId);
  expect(ofWorkers(teacherWarnings)[0]).toMatch(
    /^teacher-2 is quarantined with teacher one: its answers to the probe differ from (its own first ones|those of teacher-1) by up to 1/,
  );
  expect({ bitExact, finalWeightsDigest }).toEqual({
    bitExact: true,
    finalWeightsDigest: undisturbed,
  });
});
