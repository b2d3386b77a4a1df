/**
 * `bucket-kills`: does a run on a set in a bucket learn the same, whichever process dies?
 *
 * JPEGs in tars behind a real S3 server, registered by the command line as a person would. A student learns from two
 * teachers in an undisturbed cluster, then in clusters whose student worker, teacher workers, coordinator and NATS are
 * killed, or stopped for a while, by a plan drawn from a seed. All runs must end with the same weights, bit for bit.
 * Workers keep a twentieth of the set on their disks, so that reads after a kill come from the bucket.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CoordinatorClient } from '@lyceum/cli/client';
import { type LocalCluster, programFile } from '@lyceum/cli/local-cluster';
import type { ArchitectureSettings } from '@lyceum/learning/architectures';
import { encodeModelPackage } from '@lyceum/learning/formats';
import { buildStudent, openEngine, prepareEngine, savedModel } from '@lyceum/learning/tensorflow';
import { ArtifactKind, LyceumError } from '@lyceum/proto';
import { type Disturbance, disturbancePlan, PROCESS_FAULTS } from '../chaos/disturbance-plan.js';
import { type Blow, Disturber } from '../chaos/disturber.js';
import { Links } from '../chaos/links.js';
import {
  type BenchOptions,
  type BenchResult,
  cacheFolder,
  figureOf,
  finished,
  median,
  progress,
  spread,
  withCluster,
} from '../measuring/index.js';
import { BATCH_PICTURES } from './data-job.js';
import { jpegCrops } from './jpegs.js';
import { writeShards } from './picture-set.js';
import { S3Gateway } from './s3-gateway.js';

const CLASSES = 4;
const SIDE = 64;
const RUN = 'student';

/** Number of blows: each of the four kinds of processes is killed twice and stopped twice. */
const BLOWS = 16;
const STOP_MS = [1_000, 3_000];
/** The share of the set that a worker keeps on its disk. */
const CACHE_SHARE = 1 / 20;

/**
 * A tenth of a GiB has some 9 steps an epoch. In the large setting each worker reads some 2.2 of the 10 GiB, in chunks
 * from the whole set.
 */
const SMALL = { gib: 0.1, steps: 300 };
const LARGE = { gib: 10, steps: 400 };

const TEACHERS: Readonly<Record<string, ArchitectureSettings>> = {
  narrow: { architecture: 'conv', filters: [4, 8], denseUnits: [] },
  wide: { architecture: 'conv', filters: [8, 16], denseUnits: [] },
};

interface Options extends BenchOptions {
  readonly large: boolean;
}

interface Bucket {
  readonly gateway: S3Gateway;
  /** Folder for files of the command line. */
  readonly folder: string;
  readonly urls: readonly string[];
  readonly models: ReadonlyMap<string, Buffer>;
  readonly gib: number;
  readonly steps: number;
}

interface Ended {
  readonly seconds: number;
  readonly weights: string;
  readonly blows: readonly Blow[];
}

/** @throws {LyceumError} INTERNAL if weights differ, or a run does not succeed. */
export async function bucketKills(options: Options): Promise<BenchResult> {
  const { repetitions, signal, large } = options;
  const { gib, steps } = large ? LARGE : SMALL;
  const models = await drawnModels();
  const crops = await jpegCrops(cacheFolder());
  const folder = await mkdtemp(join(tmpdir(), 'lyceum-bucket-'));
  let gateway: S3Gateway | undefined;
  try {
    gateway = await S3Gateway.start(folder, signal);
    progress(`writing ${gib} GiB of JPEGs to a bucket`);
    const urls = await writeShards(gateway.place, { crops, gib, signal });
    const bucket = { gateway, folder, urls, models, gib, steps };
    const undisturbed = await runOn(bucket, [], signal);
    const disturbed: Ended[] = [];
    for (let seed = 1; seed <= repetitions; seed++) {
      const plan = disturbancePlan({
        ...{ seed, faults: PROCESS_FAULTS, count: BLOWS, stepCount: steps, stopMs: STOP_MS },
      });
      const ended = await runOn(bucket, plan, signal);
      if (ended.weights !== undisturbed.weights) {
        const message = `weights ${ended.weights} with seed ${seed}, undisturbed ${undisturbed.weights}`;
        throw new LyceumError('INTERNAL', message);
      }
      disturbed.push(ended);
    }
    return resultOf({ gib, steps }, undisturbed, disturbed);
  } finally {
    await gateway?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function resultOf(
  { gib, steps }: Pick<Bucket, 'gib' | 'steps'>,
  undisturbed: Ended,
  disturbed: readonly Ended[],
): BenchResult {
  const ratios = disturbed.map(({ seconds }) => seconds / undisturbed.seconds);
  const count = (fault: Blow['fault']) =>
    disturbed.map(({ blows }) => blows.filter((blow) => blow.fault === fault).length);
  const set = `${gib} GiB, ${steps} steps`;
  return {
    name: 'bucket-kills',
    value: median(ratios),
    unit: 'seconds of a disturbed run ÷ of the undisturbed one, with the same weights',
    spread: spread(ratios),
    figures: [
      figureOf(`${set}, undisturbed`, 's', [undisturbed.seconds]),
      figureOf(
        `${set}, disturbed, the same weights`,
        's',
        disturbed.map(({ seconds }) => seconds),
      ),
      figureOf(`${set}, disturbed`, 'processes killed', count('SIGKILL')),
      figureOf(`${set}, disturbed`, 'processes stopped', count('SIGSTOP')),
    ],
    details: { weights: undisturbed.weights, blows: disturbed.map(({ blows }) => blows.map(told)) },
  };
}

function told({ step, fault, workerId, ticketsInHand }: Blow): string {
  return `step ${step}: ${fault} to ${workerId} with ${ticketsInHand} tickets`;
}

/** Packages of untrained models: the bench looks for equal bits, not for a good student. */
async function drawnModels(): Promise<Map<string, Buffer>> {
  prepareEngine(process.env, 1);
  const engine = await openEngine();
  const models = new Map<string, Buffer>();
  for (const [index, [name, architecture]] of Object.entries(TEACHERS).entries()) {
    const model = buildStudent(engine, architecture, [SIDE, SIDE, 3], CLASSES, index + 1);
    models.set(name, encodeModelPackage(await savedModel(engine, model, { output: 'logits' })));
    model.dispose();
  }
  return models;
}

/** Does one run in a new, empty cluster. */
async function runOn(
  bucket: Bucket,
  plan: readonly Disturbance[],
  signal: AbortSignal,
): Promise<Ended> {
  const cacheMib = Math.ceil(bucket.gib * 1024 * CACHE_SHARE);
  const env = { ...bucket.gateway.environment, LYCEUM_DATA_CACHE_MIB: String(cacheMib) };
  const shape = { teacherWorkers: 2, studentWorkers: 1, env, signal };
  return withCluster(shape, async (cluster, client) => {
    await register(cluster, bucket, signal);
    for (const [name, model] of bucket.models) {
      await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_MODEL, name, model, { signal });
    }
    const document = specification(bucket.steps);
    await client.submitRun(document);
    // `finished` submits the run once more, which changes nothing.
    const ended = finished(client, document, signal);
    const blows = await disturb(ended, plan, cluster, client, signal);
    const { finalWeightsDigest: weights, startedAtMs, endedAtMs } = await ended;
    const seconds = (endedAtMs - startedAtMs) / 1000;
    progress(`${blows.length} blows: weights ${weights.slice(0, 12)} in ${seconds.toFixed(0)} s`);
    return { seconds, weights, blows };
  });
}

/** Registers the set. The folder keeps results of earlier registrations, so that the set is read only once. */
async function register(
  { address }: LocalCluster,
  { gateway, folder, urls }: Bucket,
  signal: AbortSignal,
): Promise<void> {
  const splits = ['validation', 'test'];
  // The last two shards are held out: a split that has its own shards is read in whole chunks.
  const sources = urls.map((url, index) => `${splits[index - urls.length + 2] ?? 'train'}=${url}`);
  const args = ['datasets', 'register', 'pictures', ...sources, '--size', String(SIDE)];
  const command = spawn(process.execPath, [programFile('coordinator'), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      ...gateway.environment,
      LYCEUM_COORDINATOR: address,
      LYCEUM_CACHE: join(folder, 'cache'),
    },
    signal,
  });
  const [code] = await once(command, 'exit');
  if (code !== 0) throw new LyceumError('INTERNAL', `datasets register ended with ${code}`);
}

/** Carries out the plan, until the run ends. */
async function disturb(
  ended: Promise<unknown>,
  plan: readonly Disturbance[],
  cluster: LocalCluster,
  client: CoordinatorClient,
  signal: AbortSignal,
): Promise<readonly Blow[]> {
  const over = new AbortController();
  const stop = () => over.abort();
  ended.then(stop, stop);
  const either = AbortSignal.any([signal, over.signal]);
  const disturber = new Disturber({
    ...{ cluster, client, runId: RUN, plan, log: progress, signal: either },
    // This bench hits processes only, no links.
    links: new Links(),
  });
  await disturber.run();
  return disturber.blows;
}

function specification(steps: number): string {
  const names = Object.keys(TEACHERS);
  return JSON.stringify({
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Distillation',
    metadata: { name: RUN },
    spec: {
      dataset: 'pictures',
      teachers: names.map((name) => ({ name, model: name })),
      // Untrained teachers would not pass the probe.
      teacherHealth: { accept: names },
      student: { model: { architecture: 'conv', filters: [4, 8], denseUnits: [] } },
      // More views than epochs: no epoch can use another epoch's answers, so teachers read to the end.
      views: { seed: 1, cycle: 1_000, flip: true, randomResizedCrop: {} },
      training: {
        batchSize: BATCH_PICTURES,
        steps,
        order: 'chunks',
        checkpointEverySteps: 25,
      },
    },
  });
}
