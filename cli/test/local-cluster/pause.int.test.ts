// Runs that stop for what only a person can put right, on a cluster of real processes: each is brought to
// PAUSED in the middle of its training, goes on when it is resumed, and must end with the weights of an
// undisturbed run. Answers are deleted before each, so that teachers are needed to the end.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeDataset } from '@lyceum/learning/datasets';
import { ArtifactKind, BLOB_BUCKET, type Run, RunState } from '@lyceum/proto';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { jetStreamApi } from '../../../coordinator/test/support.js';
import { CoordinatorClient, hasEnded } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { startCli } from '../commands/cli-process.js';
import { inTheMiddle, startCluster, succeeded } from './cluster-runs.js';
import { SmallDisk } from './full-disk.js';
import { images, LONG, TEACHER } from './long-run.js';
import { TeacherFaults } from './teacher-faults.js';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const BLOB_STREAM = `OBJ_${BLOB_BUCKET}`;

let folder: string;
let cluster: LocalCluster;
let client: CoordinatorClient;
let faults: TeacherFaults;
let teacherId: string;
let undisturbed: string;
const disks: { answers?: SmallDisk; student?: SmallDisk } = {};

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-pause-'));
  if (SmallDisk.available) {
    disks.answers = SmallDisk.mount(path.join(folder, 'coordinator', 'answers'), 64);
    disks.student = SmallDisk.mount(path.join(folder, 'student-1'), 64);
  }
  faults = new TeacherFaults(path.join(folder, 'teacher-faults.json'));
  cluster = await startCluster({
    teacherWorkers: 0,
    // An epoch's answers take so long that there is a middle.
    lookupDelayMs: 20,
    stateDir: folder,
    env: { ...faults.env, LYCEUM_CANARY_SECONDS: '0.3' },
  });
  client = new CoordinatorClient(cluster.address);
  teacherId = await cluster.startTeacherWorker();
  const bytes = encodeDataset(images());
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'images', bytes);
  await client.submitRun(JSON.stringify(TEACHER));
  await succeeded(client, 'teacher');
  undisturbed = (await succeeded(client, await submit('undisturbed'))).finalWeightsDigest;
});

beforeEach(async () => {
  for (const { id, neededBy } of await client.listAnswerTables()) {
    if (neededBy.length === 0) await client.deleteAnswerTable(id);
  }
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
  for (const disk of Object.values(disks)) disk.unmount();
  await rm(folder, { recursive: true, force: true });
});

async function submit(runId: string): Promise<string> {
  await client.submitRun(JSON.stringify(LONG), { runId });
  return runId;
}

/** @param again - called over and over meanwhile. */
async function paused(runId: string, again: () => Promise<unknown> = async () => {}): Promise<Run> {
  for (;;) {
    const run = await client.getRun(runId);
    if (run.state === RunState.RUN_STATE_PAUSED) return run;
    expect(hasEnded(run), run.reason).toBe(false);
    await again();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until the run is paused, or has gone back and waits for a healthy worker: unproven answers decide which. */
async function withoutTeacher(runId: string): Promise<Run> {
  for (;;) {
    const run = await client.getRun(runId);
    expect(hasEnded(run), run.reason).toBe(false);
    if (run.reason.includes('quarantined on')) return run;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * Resumes the run from its checkpoint; it must end as an undisturbed one. @returns why the report does not vouch for
 * that.
 */
async function endsAsIfNothingHadBeen(runId: string): Promise<string[]> {
  const { progress } = await client.getRun(runId);
  expect(progress?.checkpointStep).toBeGreaterThan(0);
  await client.resumeRun(runId);
  return theSameEnd(runId);
}

async function theSameEnd(runId: string): Promise<string[]> {
  const run = await succeeded(client, runId);
  expect(run.attempt).toBe(1);
  expect(run.finalWeightsDigest).toBe(undisturbed);
  return (await client.getReport(runId)).bitExactExceptions;
}

test('a run whose teacher is quarantined on every worker waits, and goes on after the release', async () => {
  const runId = await submit('quarantine');
  await inTheMiddle(client, runId);
  faults.set({ [teacherId]: 'nan' });
  const waits = await withoutTeacher(runId);
  const isPaused = waits.state === RunState.RUN_STATE_PAUSED;
  expect(waits.reason).toMatch(
    isPaused
      ? /^teacher one is quarantined on every worker \(teacher-\d: it does not answer its probe: logits row 0 holds NaN\)/
      : /^teacher one has no healthy worker: it is quarantined on all that are connected/,
  );
  const table = await startCli(cluster.address, ['workers']).result;
  expect(table.stdout).toContain(`To release it: coordinator workers release ${teacherId}`);
  const json = await startCli(cluster.address, ['workers', '-o', 'json']).result;
  expect(JSON.parse(json.stdout)).toContainEqual(
    expect.objectContaining({
      workerId: teacherId,
      quarantines: [expect.objectContaining({ teacher: 'one' })],
    }),
  );
  faults.clear();
  const released = await startCli(cluster.address, ['workers', 'release', teacherId]).result;
  expect(released.stderr).toContain(`released ${teacherId} with teacher one`);
  expect(await client.listQuarantines()).toEqual([]);
  const again = await startCli(cluster.address, ['workers', 'release', teacherId]).result;
  expect(again.code).toBe(3);
  // Answers after the last sound canary were dropped, and the steps with them undone.
  if (isPaused) await client.resumeRun(runId);
  expect(await theSameEnd(runId)).toEqual([]);
});

test('a question that no worker can answer pauses the run with the samples, and is asked again', async () => {
  const runId = await submit('poison');
  const watching = startCli(cluster.address, ['watch', runId]);
  await inTheMiddle(client, runId);
  faults.set({ [teacherId]: 'poison' });
  const run = await paused(runId);
  expect(run.reason).toMatch(
    /^teacher one cannot answer samples 0 to 319 \(positions 0 to 319 of epoch \d+\): logits row 0 holds NaN/,
  );
  // The student is free for others, and the teacher is asked nothing.
  const busy = async () => (await client.listWorkers()).flatMap((worker) => worker.busyWith);
  await expect.poll(busy, { timeout: 240_000 }).toEqual([]);
  await client.submitRun(JSON.stringify(TEACHER), { runId: 'other' });
  await succeeded(client, 'other');
  expect((await client.getRun(runId)).state).toBe(RunState.RUN_STATE_PAUSED);

  faults.clear();
  expect(await endsAsIfNothingHadBeen(runId)).toEqual([]);
  const { code, stderr } = await watching.result;
  expect(code).toBe(0);
  expect(stderr).toContain(`coordinator resume ${runId}`);
});

test('a paused run can be cancelled, and retried', async () => {
  const runId = await submit('cancelled');
  await inTheMiddle(client, runId);
  await limitBlobs(0);
  await paused(runId);
  await client.cancelRun(runId);
  expect((await client.waitForEnd(runId)).state).toBe(RunState.RUN_STATE_CANCELLED);
  await limitBlobs(-1);
  await expect(client.resumeRun(runId)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  await client.retryRun(runId);
  expect((await succeeded(client, runId)).finalWeightsDigest).toBe(undisturbed);
});

test('NATS without room for a checkpoint pauses the run, which goes on from its checkpoint', async () => {
  const runId = await submit('blobs');
  await inTheMiddle(client, runId);
  await limitBlobs(0);
  expect((await paused(runId)).reason).toContain('NATS');
  await limitBlobs(-1);
  expect(await endsAsIfNothingHadBeen(runId)).toEqual([]);
});

/** @param moreBytes - room beyond the bytes that the stream holds; -1: no limit. */
async function limitBlobs(moreBytes: number): Promise<void> {
  const { natsUrl } = cluster;
  const user = cluster.natsCredentials('coordinator');
  const info = await jetStreamApi(natsUrl, user, `STREAM.INFO.${BLOB_STREAM}`, {});
  const { bytes } = info['state'] as { bytes: number };
  const limit = moreBytes < 0 ? -1 : bytes + moreBytes;
  const config = { ...(info['config'] as object), max_bytes: limit };
  await jetStreamApi(natsUrl, user, `STREAM.UPDATE.${BLOB_STREAM}`, config);
}

test.runIf(SmallDisk.available).each([
  [
    'the coordinator has no room for answers',
    'answers',
    /the coordinator's disk cannot keep answers: cannot write \/\S+: no space left on device \(ENOSPC\); \d+ bytes were wanted, and \d+ are free;/,
  ],
  ['the student worker has no room for a checkpoint', 'student', /no space left on device/],
] as const)('%s: the run is paused, and goes on later', async (_, which, reason) => {
  const disk = disks[which];
  const runId = await submit(`full-${which}`);
  await inTheMiddle(client, runId);
  const run = await paused(runId, async () => disk?.fill());
  expect(run.reason).toMatch(reason);
  await disk?.makeRoom();
  expect(await endsAsIfNothingHadBeen(runId)).toEqual([]);
});
