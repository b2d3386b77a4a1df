/**
 * A set whose pictures are in tar shards, in a real cluster with a student, and a worker with two teachers. A
 * disturbed run ends with the weights of an undisturbed one, and learns nothing from shards that are not as they were
 * registered.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactKind } from '@lyceum/proto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { tinyModelBytes } from '../../../coordinator/test/support.js';
import { GRID, type PictureSet, pictureSet } from '../../../learning/test/windows/picture-set.js';
import { CoordinatorClient } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import {
  hasTaken,
  isPaused,
  runDocument,
  startCluster,
  succeeded,
  untilRun,
} from './cluster-runs.js';

const { ARTIFACT_KIND_DATASET, ARTIFACT_KIND_MODEL } = ArtifactKind;
vi.setConfig({ testTimeout: 900_000, hookTimeout: 300_000 });

/** Of 1,000 pictures, 800 of them train: several windows, and several pieces of an answer. */
const split = (sample: number) => (sample < 800 ? 1 : sample < 920 ? 2 : 3);
const SET = { count: 1_000, chunk: 40, formats: ['tar', 'tar'] as const, split };
/** In the second shard. */
const BROKEN = 700;

const root = mkdtempSync(join(tmpdir(), 'lyceum-test-'));
let cluster: LocalCluster;
let client: CoordinatorClient;
let photos: PictureSet;

beforeAll(async () => {
  photos = await pictureSet(root, SET);
  cluster = await startCluster({
    restartWorkers: true,

    // Less than the set has, in memory and on disk: pictures are read again.
    env: {
      LYCEUM_DATASETS_ROOT: root,
      LYCEUM_DATA_MEMORY_MIB: '1',
      LYCEUM_DATA_CACHE_MIB: '1',
    },
  });
  client = new CoordinatorClient(cluster.address);
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'photos', readFileSync(photos.file));
  const size = GRID.height * GRID.width * GRID.channels;
  for (const [name, weight] of Object.entries({ one: 0.02, two: -0.01 })) {
    const weights = Array.from({ length: size * 2 }, (_, i) => weight * ((i % 7) - 3));
    await client.pushArtifact(ARTIFACT_KIND_MODEL, name, tinyModelBytes(weights, size, 2));
  }
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
  rmSync(root, { recursive: true, force: true });
});

async function submit(runId: string, dataset = 'photos'): Promise<void> {
  // With earlier answers the teachers would read no pictures.
  for (const { id } of await client.listAnswerTables()) await client.deleteAnswerTable(id);
  const document = runDocument('photos', {
    dataset,
    teachers: ['one', 'two'].map((name) => ({ name, model: name })),
    // There is nothing to learn from noise.
    teacherHealth: { accept: ['one', 'two'] },
    student: { model: { architecture: 'mlp', hiddenUnits: [8] } },
    // No epoch's answers serve another.
    views: { seed: 1, cycle: 1_000, shift: 0.2 },
    training: { batchSize: 32, epochs: 3, order: 'chunks', checkpointEverySteps: 10 },
  });
  await client.submitRun(document, { runId });
}

async function weightsOf(runId: string): Promise<string> {
  return (await succeeded(client, runId)).finalWeightsDigest;
}

test('a run on shards ends with the same weights though programs are killed and a shard replaced', async () => {
  await submit('calm');
  const calm = await weightsOf('calm');

  await submit('killed');
  await untilRun(client, 'killed', hasTaken(20));
  await cluster.kill('student-1', 'SIGKILL');
  await untilRun(client, 'killed', hasTaken(40));
  await cluster.kill('teacher-1', 'SIGKILL');
  await untilRun(client, 'killed', hasTaken(60));
  await cluster.restartCoordinator('SIGKILL');
  expect(await weightsOf('killed')).toBe(calm);

  await submit('replaced');
  await untilRun(client, 'replaced', hasTaken(20));
  const shard = join(root, 'shard-1.tar');
  const bytes = readFileSync(shard);
  writeFileSync(shard, Buffer.alloc(bytes.length, 7));
  await untilRun(client, 'replaced', isPaused);
  expect((await client.getRun('replaced')).reason).toContain('shard-1.tar');
  writeFileSync(shard, bytes);
  await client.resumeRun('replaced');
  expect(await weightsOf('replaced')).toBe(calm);
});

test('a run names a picture that does not decode, and learns nothing', async () => {
  const options = { ...SET, broken: [BROKEN], base: 'broken/' };
  const broken = await pictureSet(join(root, 'broken'), options);
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'broken', readFileSync(broken.file));
  await submit('broken', 'broken');
  await untilRun(client, 'broken', isPaused);
  const { reason, progress } = await client.getRun('broken');
  expect(reason).toContain(`picture ${BROKEN} of set ${broken.digest.slice(0, 12)}`);
  expect(reason).toContain('shard-1.tar');
  expect(progress?.step ?? 0).toBe(0);
});
