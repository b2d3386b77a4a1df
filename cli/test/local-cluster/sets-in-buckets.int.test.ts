/**
 * A set whose tars are in a bucket of a real S3 server, registered and learned from by a real cluster. Faults of the
 * bucket are reported with the shard's URL, and the weights are those of an undisturbed run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerSet } from '@lyceum/learning/indexing';
import { AddressGuard } from '@lyceum/platform';
import { type Objects, openObjects } from '@lyceum/platform/objects';
import { ArtifactKind, type Run, RunState } from '@lyceum/proto';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { tinyModelBytes } from '../../../coordinator/test/support.js';
import { type Members, tarOf } from '../../../learning/test/indexing/tars.js';
import {
  S3_SERVER_MS,
  type S3Server,
  startS3Server,
  startSlowedServer,
} from '../../../platform/test/support.js';
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
vi.setConfig({ testTimeout: 900_000, hookTimeout: 300_000 + S3_SERVER_MS });

const SIDE = 32;
const GRID = { height: SIDE, width: SIDE, channels: 3, fit: 'stretch' } as const;
const TRAIN = ['s3://pictures/train-0.tar', 's3://pictures/train-1.tar'] as const;
const BROKEN = 's3://pictures/broken.tar';
/** Any shard that is read just then: the student validates after each epoch. */
const SHARD_NAMED = /s3:\/\/pictures\/(train-\d|validation|test)\.tar: /;
const HELD_OUT = ['s3://pictures/validation.tar', 's3://pictures/test.tar'] as const;
/**
 * Bytes a second of each connection: far below a tenth of the server's rate, so that a run lasts until it is
 * disturbed.
 */
const SLOW = 1_000_000;
const [TRAIN_COUNT, HELD_OUT_COUNT] = [300, 60];

const s3 = await startS3Server();
if (s3.lack !== undefined) process.stderr.write(`no test of sets in buckets: ${s3.lack}\n`);

const root = mkdtempSync(join(tmpdir(), 'lyceum-test-'));
let server: S3Server;
let proxy: Awaited<ReturnType<typeof startSlowedServer>>;
let objects: Objects;
let cluster: LocalCluster;
let client: CoordinatorClient;
/** Weights of an undisturbed run. */
let calm: string;

beforeAll(async () => {
  if (s3.server === undefined) return;
  server = s3.server;
  proxy = await startSlowedServer(server.endpoint);
  const { environment, endpoint } = server;
  objects = openObjects({ guard: new AddressGuard([]), s3Endpoint: endpoint, environment });
  for (const [shard, url] of TRAIN.entries())
    await put(url, await tarOfPictures(shard, TRAIN_COUNT));
  for (const [shard, url] of HELD_OUT.entries()) {
    await put(url, await tarOfPictures(10 + shard, HELD_OUT_COUNT));
  }
  cluster = await startCluster({
    env: {
      ...environment,
      LYCEUM_S3_ENDPOINT: proxy.endpoint,
      // Less than the set has, in memory and on disk: every epoch reads from the bucket.
      LYCEUM_DATA_MEMORY_MIB: '3',
      LYCEUM_DATA_CACHE_MIB: '1',
    },
  });
  client = new CoordinatorClient(cluster.address);
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'photos', await registered(TRAIN));
  const size = SIDE * SIDE * 3;
  const weights = Array.from({ length: size * 2 }, (_, i) => 0.02 * ((i % 7) - 3));
  await client.pushArtifact(ARTIFACT_KIND_MODEL, 'teacher', tinyModelBytes(weights, size, 2));
  await submit('calm');
  calm = await weightsOf('calm');
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
  await objects?.close();
  proxy?.close();
  await server?.stop();
  rmSync(root, { recursive: true, force: true });
});

async function put(url: string, bytes: Uint8Array): Promise<void> {
  const parts = async function* () {
    yield bytes;
  };
  await objects.write(url, parts());
}

/** Noise, so that no two are alike and none is small. */
function jpeg(number: number): Promise<Buffer> {
  const values = Uint8Array.from(
    { length: SIDE * SIDE * 3 },
    (_, i) => Math.imul(i + 1 + number * 7919, 2_654_435_761) >>> 24,
  );
  return sharp(values, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer();
}

async function membersOf(shard: number, count: number): Promise<Members[number][]> {
  const members: Members[number][] = [];
  for (let i = 0; i < count; i++) {
    const key = `${shard}-${i}`;
    members.push([`${key}.jpg`, await jpeg(1_000 * shard + i)], [`${key}.cls`, `${i % 2}`]);
  }
  return members;
}

async function tarOfPictures(shard: number, count: number): Promise<Buffer> {
  return tarOf(await membersOf(shard, count));
}

async function registered(train: readonly string[]): Promise<Buffer> {
  const [validation, test] = HELD_OUT;
  const sources = [
    ...train.map((url) => `train=${url}`),
    `validation=${validation}`,
    `test=${test}`,
  ];
  const options = { sources, grid: GRID, checksPictures: false };
  const places = { objects, cacheFolder: join(root, 'index') };
  return (await registerSet(options, places)).manifest;
}

async function submit(runId: string, dataset = 'photos'): Promise<void> {
  // With earlier answers the teacher would read no pictures.
  for (const { id } of await client.listAnswerTables()) await client.deleteAnswerTable(id);
  const document = runDocument('photos', {
    dataset,
    teachers: [{ name: 'teacher', model: 'teacher' }],
    // There is nothing to learn from noise.
    teacherHealth: { accept: ['teacher'] },
    student: { model: { architecture: 'mlp', hiddenUnits: [8] } },
    // No epoch's answers serve another.
    views: { seed: 1, cycle: 1_000, shift: 0.2 },
    training: { batchSize: 32, epochs: 6, order: 'chunks', checkpointEverySteps: 10 },
  });
  await client.submitRun(document, { runId });
}

async function weightsOf(runId: string): Promise<string> {
  return (await succeeded(client, runId)).finalWeightsDigest;
}

const stepOf = ({ progress }: Run) => progress?.step ?? 0;

test.skipIf(s3.lack !== undefined)(
  'a run waits for a slow bucket, names one that is away, and ends with the same weights',
  async () => {
    proxy.bytesPerSecond = SLOW;
    await submit('disturbed');
    await untilRun(client, 'disturbed', hasTaken(1));
    await server.kill();
    await untilRun(client, 'disturbed', ({ reason }) => SHARD_NAMED.test(reason));
    expect((await client.getRun('disturbed')).state).toBe(RunState.RUN_STATE_TRAINING);
    await server.start();
    proxy.bytesPerSecond = Number.POSITIVE_INFINITY;
    expect(await weightsOf('disturbed')).toBe(calm);
  },
);

const isTraining = ({ state }: Run) => state === RunState.RUN_STATE_TRAINING;

interface Fault {
  /** The run's reason. */
  readonly said: RegExp;
  breakIt(): Promise<void>;
  mend(): Promise<void>;
}

/** Resumes the run again: pictures that were read before the repair may pause it once more. */
function goesOn(runId: string, holds: (run: Run) => boolean): Promise<Run> {
  return untilRun(client, runId, (run) => {
    if (isPaused(run)) void client.resumeRun(runId).catch(() => undefined);
    return holds(run);
  });
}

/** Breaks the bucket until the run is paused, mends it, and waits until the run goes on. */
async function pausedAndMended(runId: string, { said, breakIt, mend }: Fault): Promise<void> {
  const from = stepOf(await client.getRun(runId));
  await breakIt();
  await untilRun(client, runId, isPaused);
  expect((await client.getRun(runId)).reason).toMatch(said);
  await mend();
  await goesOn(runId, (run) => isTraining(run) && stepOf(run) > from);
}

test.skipIf(s3.lack !== undefined)(
  "a changed shard or secret pauses the run with the shard's name; then the weights are the same",
  async () => {
    const [, shard] = TRAIN;
    const whole = await tarOfPictures(1, TRAIN_COUNT);
    const other = await tarOfPictures(7, TRAIN_COUNT);
    const back = () => put(shard, whole);
    const changed = /s3:\/\/pictures\/train-1\.tar/;
    const otherSecret: Fault = {
      said: new RegExp(`${SHARD_NAMED.source}answers 403`),
      breakIt: async () => {
        await server.kill();
        await server.start('another secret');
      },
      mend: async () => {
        await server.kill();
        await server.start();
      },
    };
    proxy.bytesPerSecond = SLOW;
    await submit('mended');
    await untilRun(client, 'mended', hasTaken(1));
    // moto takes every secret.
    if (server.name === 'versitygw') await pausedAndMended('mended', otherSecret);
    await pausedAndMended('mended', {
      said: changed,
      breakIt: () => put(shard, other),
      mend: back,
    });
    const half = whole.subarray(0, whole.length / 2);
    await pausedAndMended('mended', { said: changed, breakIt: () => put(shard, half), mend: back });
    proxy.bytesPerSecond = Number.POSITIVE_INFINITY;
    await goesOn('mended', ({ state }) => state === RunState.RUN_STATE_SUCCEEDED);
    expect(await weightsOf('mended')).toBe(calm);
  },
);

test.skipIf(s3.lack !== undefined)('a run names a JPEG that does not decode', async () => {
  const damaged = await jpeg(20_000);
  const tar = tarOf([
    ...(await membersOf(2, 40)),
    ['damaged.jpg', damaged.subarray(0, damaged.length / 2)],
    ['damaged.cls', '0'],
    ...(await membersOf(3, 23)),
  ]);
  await put(BROKEN, tar);
  await client.pushArtifact(ARTIFACT_KIND_DATASET, 'broken', await registered([BROKEN]));
  await submit('broken', 'broken');
  await untilRun(client, 'broken', isPaused);
  const { reason, progress } = await client.getRun('broken');
  expect(reason).toMatch(/picture \d+ of set \w+, in s3:\/\/pictures\/broken\.tar/);
  expect(progress?.step).toBe(0);
});
