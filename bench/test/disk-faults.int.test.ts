/**
 * Every write of answers and checkpoints fails once, in each way that writes fail, in real processes on a disk that
 * fails on demand. Whether a run then refuses, waits for a person or moves to another process: it must end with the
 * weights of a single process that uses no disk.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoordinatorClient } from '@lyceum/cli/client';
import { LocalCluster } from '@lyceum/cli/local-cluster';
import { openEngine, prepareEngine } from '@lyceum/learning/tensorflow';
import { ArtifactKind, type Run, RunState } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ChaosRun, COMPUTE_THREADS, chaosRun } from '../src/chaos/chaos-run.js';
import { oracle } from '../src/chaos/oracle.js';
import { buildFaultyDisk } from './disk-faults/build-faulty-disk.js';

const CACHE = process.env['LYCEUM_CACHE'] ?? join(homedir(), '.cache', 'lyceum');

/** Enough for three checkpoints. */
const STEPS = 60;

type Part = 'answers' | 'checkpoints';

/** The call, the files, the kind of failure, and which call fails. */
const FAULTS: readonly (readonly [string, Part, string, number])[] = [
  ['write', 'answers', 'ENOSPC', 1],
  ['write', 'answers', 'ENOSPC', 5],
  ['write', 'answers', 'EIO', 2],
  ['write', 'answers', 'half', 3],
  ['write', 'answers', 'torn', 6],
  ['write', 'answers', 'kill', 4],
  ['fdatasync', 'answers', 'EIO', 1],
  ['fdatasync', 'answers', 'kill', 2],
  ['write', 'checkpoints', 'ENOSPC', 1],
  ['write', 'checkpoints', 'EIO', 2],
  ['write', 'checkpoints', 'half', 3],
  ['write', 'checkpoints', 'torn', 2],
  ['fsync', 'checkpoints', 'EIO', 1],
  ['fsync', 'checkpoints', 'kill', 3],
  ['rename', 'checkpoints', 'EIO', 2],
  ['rename', 'checkpoints', 'kill', 1],
];

/** A part of the paths of these files, for the run with that name. */
function pathPart(part: Part, runId: string): string {
  return part === 'answers' ? '.answers' : `/runs/${runId}/`;
}

let folder: string;
let faultFile: string;
let cluster: LocalCluster;
let client: CoordinatorClient;
let run: ChaosRun;
let weights: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-faults-'));
  faultFile = join(folder, 'fault');
  prepareEngine(process.env, COMPUTE_THREADS);
  const engine = await openEngine();
  run = await chaosRun(engine, { seed: 5, stepCount: STEPS, cacheFolder: CACHE });
  weights = (await oracle(engine, run)).finalWeightsDigest;
  cluster = await LocalCluster.start({
    environment: process.env,
    teacherWorkers: 1,
    studentWorkers: 1,
    computeThreads: COMPUTE_THREADS,
    stateDir: join(folder, 'state'),
    env: buildFaultyDisk(folder, faultFile),
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

test.each(FAULTS)(
  'a run has the right weights when %s of %s fails: %s, call %i',
  async (call, part, kind, nth) => {
    for (const { id } of await client.listAnswerTables()) await client.deleteAnswerTable(id);
    const name = `${call}-${part}-${kind}-${nth}`.toLowerCase();
    await writeFile(faultFile, `${call} ${pathPart(part, name)} ${kind} ${nth}`);
    expect(await weightsOf(name)).toBe(weights);
    expect(existsSync(faultFile), 'the fault was never met').toBe(false);
    if (part === 'checkpoints') return;
    // Once more from the disk, with nothing in memory.
    await cluster.restartCoordinator();
    expect(await weightsOf(`${name}-again`)).toBe(weights);
  },
  400_000,
);

async function weightsOf(name: string): Promise<string> {
  await client.submitRun(JSON.stringify({ ...run.specification, metadata: { name } }));
  return (await untilSucceeded(name)).finalWeightsDigest;
}

/** Acts as an operator: restarts dead processes, resumes paused runs, retries failed runs. */
async function untilSucceeded(runId: string): Promise<Run> {
  for (;;) {
    await mend();
    const current = await client.getRun(runId).catch(() => undefined);
    if (current?.state === RunState.RUN_STATE_SUCCEEDED) return current;
    if (current?.state === RunState.RUN_STATE_PAUSED) await client.resumeRun(runId);
    if (current?.state === RunState.RUN_STATE_FAILED) await client.retryRun(runId);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function mend(): Promise<void> {
  const kinds = new Set(cluster.processes.map(({ kind }) => kind));
  if (!kinds.has('coordinator')) await cluster.restartCoordinator();
  if (!kinds.has('student')) await cluster.startStudentWorker();
}
