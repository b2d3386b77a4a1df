/**
 * A run of real processes whose checkpoint is changed to claim another numerics version. Once that is accepted, the
 * weights must still be those of a single process, and the report must mention the change.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoordinatorClient } from '@lyceum/cli/client';
import { LocalCluster } from '@lyceum/cli/local-cluster';
import { NUMERICS_VERSION } from '@lyceum/learning/arrays';
import { openEngine, prepareEngine } from '@lyceum/learning/tensorflow';
import { createLogger, sleep } from '@lyceum/platform';
import { connectNats } from '@lyceum/platform/nats';
import { ArtifactKind, type Run, RunState } from '@lyceum/proto';
import { decodeCheckpoint, encodeCheckpoint } from '@lyceum/student-worker/compute';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ChaosRun, COMPUTE_THREADS, chaosRun } from '../src/chaos/chaos-run.js';
import { oracle } from '../src/chaos/oracle.js';

const CACHE = process.env['LYCEUM_CACHE'] ?? join(homedir(), '.cache', 'lyceum');
const RUN_ID = 'upgraded';
const STEPS = 60;

let folder: string;
let cluster: LocalCluster;
let client: CoordinatorClient;
let run: ChaosRun;
let weights: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-numerics-'));
  prepareEngine(process.env, COMPUTE_THREADS);
  const engine = await openEngine();
  run = await chaosRun(engine, { seed: 6, stepCount: STEPS, cacheFolder: CACHE });
  weights = (await oracle(engine, run)).finalWeightsDigest;
  cluster = await LocalCluster.start({
    environment: process.env,
    teacherWorkers: 1,
    studentWorkers: 1,
    computeThreads: COMPUTE_THREADS,
    stateDir: join(folder, 'state'),
  });
  cluster.failed.catch(() => {});
  client = new CoordinatorClient(cluster.address);
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'digits', run.datasetFile);
  for (const [name, model] of run.teachers) {
    await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_MODEL, name, model);
  }
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a checkpoint of another numerics version pauses its run, which goes on once that is accepted', async () => {
  await client.submitRun(JSON.stringify({ ...run.specification, metadata: { name: RUN_ID } }));
  await until((current) => (current.progress?.checkpointStep ?? 0) > 0);
  for (const { kind, workerId } of cluster.processes) {
    if (kind === 'student') await cluster.kill(workerId, 'SIGKILL');
  }
  const step = await forgeCheckpoint();
  await cluster.startStudentWorker();

  const reason = `the checkpoint of step ${step} has numerics version ${NUMERICS_VERSION + 1}, and this worker computes by version ${NUMERICS_VERSION}: the weights would be those of neither; coordinator resume ${RUN_ID} --accept-numerics goes on all the same`;
  const isPaused = ({ state }: Run) => state === RunState.RUN_STATE_PAUSED;
  expect((await until(isPaused)).reason).toBe(reason);
  // Nothing has changed, and the other version is not accepted yet.
  await client.resumeRun(RUN_ID);
  expect((await until(isPaused)).reason).toBe(reason);

  await client.resumeRun(RUN_ID, { acceptNumerics: true });
  const ended = await until(({ state }) => state === RunState.RUN_STATE_SUCCEEDED);
  expect(ended.finalWeightsDigest).toBe(weights);
  expect(await client.getReport(RUN_ID)).toMatchObject({
    bitExact: false,
    bitExactExceptions: [
      `its first ${step} steps were computed by numerics version ${NUMERICS_VERSION + 1}, those after by version ${NUMERICS_VERSION}`,
    ],
  });
}, 300_000);

test('acceptNumerics is refused for a run that has not asked for it', async () => {
  await expect(client.resumeRun(RUN_ID, { acceptNumerics: true })).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
  });
});

async function until(holds: (run: Run) => boolean): Promise<Run> {
  for (;;) {
    const current = await client.getRun(RUN_ID);
    if (holds(current)) return current;
    expect(current.state, current.reason).not.toBe(RunState.RUN_STATE_FAILED);
    await sleep(50);
  }
}

/** Changes the checkpoint of the run to claim the next version. @returns its step. */
async function forgeCheckpoint(): Promise<number> {
  const log = createLogger({ name: 'test', level: 'silent' });
  const nats = await connectNats({
    url: cluster.natsUrl,
    name: 'test',
    log,
    credentials: cluster.natsCredentials('coordinator'),
  });
  try {
    const pointers = await nats.keyValue('lyceum-pointers', { create: false });
    const blobs = await nats.blobs({ create: false });
    const entry = await pointers.get(RUN_ID);
    const pointer = JSON.parse(entry?.value ?? '') as { digest: string; step: number };
    const checkpoint = decodeCheckpoint(await blobs.get(pointer.digest), 'the checkpoint');
    const numericsVersion = NUMERICS_VERSION + 1;
    const digest = await blobs.put(encodeCheckpoint({ ...checkpoint, numericsVersion }));
    const { previous: _, ...rest } = { previous: undefined, ...pointer };
    await pointers.put(RUN_ID, JSON.stringify({ ...rest, digest }));
    return pointer.step;
  } finally {
    await nats.close();
  }
}
