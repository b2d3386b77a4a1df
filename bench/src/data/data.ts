/**
 * `data`: how fast are pictures of a set in shards prepared, compared with PyTorch's DataLoader?
 *
 * Both sides read the same real JPEGs from tar shards on a local disk, scale them to the same grid, take a random
 * resized crop and make batches of bytes, each side in its own process with the same number of threads. PyTorch can
 * decode in two ways: with Pillow, or with its own decoder to tensors. The figure compares with the faster way, by
 * processor time a picture, which other work on the machine disturbs least. Our side also computes digests of all
 * bytes and checks a canary of pixels, which counts in its time.
 *
 * Then the bench measures a reader of 1 GiB and, with `--large`, of 20 GiB of shards: memory, bytes read ÷ wanted, and
 * seconds to the first batch when the shards must come from the disk; the same from a bucket, with an empty and with a
 * full cache on disk; and how long students wait for their pictures, in real clusters.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactKind } from '@lyceum/proto';
import {
  type BenchOptions,
  type BenchResult,
  COMPUTE_THREADS,
  cacheFolder,
  type Figure,
  figureOf,
  finished,
  median,
  progress,
  spread,
  withCluster,
} from '../measuring/index.js';
import { defaultPython, pytorchVersion } from '../pytorch/pytorch-process.js';
import { BATCH_PICTURES, type ReaderFigures, type SideFigures } from './data-job.js';
import { type Jpeg, jpegCrops } from './jpegs.js';
import { PictureSet } from './picture-set.js';
import { S3Gateway } from './s3-gateway.js';
import { localPlace } from './set-place.js';
import { readHere, readThere, type SideOptions, TORCH_DECODERS } from './sides.js';

const PICTURES = 6_400;
const SMALL_GIB = 1;
const LARGE_GIB = 20;

/** For the first student most of the work is decoding, for the second computing. */
const STUDENTS = {
  'mlp-10': { architecture: 'mlp', hiddenUnits: [10] },
  'conv-16-32': { architecture: 'conv', filters: [16, 32], denseUnits: [] },
} as const;
const STUDENT_STEPS = 100;

interface Options extends BenchOptions {
  /** A Python with torch and torchvision; undefined: the Python in the cache. */
  readonly python: string | undefined;
  readonly large: boolean;
}

interface Repetition {
  readonly ours: ReaderFigures;
  readonly theirs: Readonly<Record<(typeof TORCH_DECODERS)[number], SideFigures>>;
}

export async function data(options: Options): Promise<BenchResult> {
  const { repetitions, signal, large } = options;
  const python = options.python ?? defaultPython();
  const version = await pytorchVersion(python, 'data', 'torchvision', signal);
  const crops = await jpegCrops(cacheFolder());
  const folder = await mkdtemp(join(tmpdir(), 'lyceum-data-'));
  try {
    progress(`writing ${SMALL_GIB} GiB of JPEGs`);
    const wanted = { crops, gib: SMALL_GIB, signal };
    const small = join(folder, 'small');
    const set = await PictureSet.make(small, localPlace(small), wanted);
    const settings = { pictures: PICTURES, threads: COMPUTE_THREADS, signal };
    const measured: Repetition[] = [];
    for (let repetition = 1; repetition <= repetitions; repetition++) {
      measured.push(await repeated(set, python, settings, repetition % 2 === 1));
      progress(`repetition ${repetition}: ${ratioOf(measured.at(-1) as Repetition).toFixed(2)}`);
    }
    const cold = await readCold(set, settings);
    const waiting = await studentsWait(set, signal);
    await set.remove();
    const cached = await readCached(join(folder, 'bucket'), crops, settings);
    const most = large ? await readLarge(join(folder, 'large'), crops, settings) : undefined;
    const ratios = measured.map(ratioOf);
    return {
      name: 'data',
      value: median(ratios),
      unit: 'pictures a second and core ÷ of PyTorch’s DataLoader with its faster decoder',
      spread: spread(ratios),
      figures: [
        ...ratesOf(measured),
        figureOf('pages cold', 's to the first batch', [cold.firstBatchSeconds]),
        figureOf('pages cold', 'pictures/s', [cold.picturesPerSecond]),
        ...cached,
        ...waiting,
        ...(most === undefined ? [] : largeFigures(most, measured)),
      ],
      details: { pytorch: version, jpegBytes: meanBytes(crops), threads: COMPUTE_THREADS },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Measures both sides. The order alternates, so that a machine that becomes slower or faster favours neither. */
async function repeated(
  set: PictureSet,
  python: string,
  settings: SideOptions,
  oursFirst: boolean,
): Promise<Repetition> {
  const early = oursFirst ? await readHere(set, settings) : undefined;
  const theirs = {
    pil: await readThere(set, python, 'pil', settings),
    tensor: await readThere(set, python, 'tensor', settings),
  };
  return { ours: early ?? (await readHere(set, settings)), theirs };
}

function ratioOf({ ours, theirs }: Repetition): number {
  const fastest = TORCH_DECODERS.map((decoder) => theirs[decoder].cpuMsPerPicture);
  return Math.min(...fastest) / ours.cpuMsPerPicture;
}

function ratesOf(measured: readonly Repetition[]): Figure[] {
  const ours = (value: (figures: ReaderFigures) => number) =>
    measured.map((repetition) => value(repetition.ours));
  const perCore = (figures: SideFigures) => 1000 / figures.cpuMsPerPicture;
  return [
    figureOf('Lyceum ÷ PyTorch, its faster decoder', 'pictures/s and core', measured.map(ratioOf)),
    figureOf('Lyceum', 'pictures/s and core', ours(perCore)),
    figureOf(
      'Lyceum',
      'pictures/s',
      ours((figures) => figures.picturesPerSecond),
    ),
    ...TORCH_DECODERS.flatMap((decoder) => {
      const theirs = measured.map((repetition) => repetition.theirs[decoder]);
      const name = `PyTorch, ${decoder}`;
      return [
        figureOf(name, 'pictures/s and core', theirs.map(perCore)),
        figureOf(
          name,
          'pictures/s',
          theirs.map((figures) => figures.picturesPerSecond),
        ),
      ];
    }),
    figureOf('1 GiB', 'bytes read ÷ wanted', ours(readShare)),
    figureOf(
      '1 GiB',
      's to the first batch',
      ours(({ firstBatchSeconds }) => firstBatchSeconds),
    ),
    figureOf(
      '1 GiB',
      'MiB at most',
      ours(({ residentMib }) => residentMib),
    ),
  ];
}

function readShare({ bytesRead, bytesWanted }: ReaderFigures): number {
  return bytesRead / bytesWanted;
}

async function readCold(set: PictureSet, settings: SideOptions): Promise<ReaderFigures> {
  await set.chill();
  return readHere(set, settings);
}

async function readLarge(
  folder: string,
  crops: readonly Jpeg[],
  settings: SideOptions,
): Promise<ReaderFigures> {
  progress(`writing ${LARGE_GIB} GiB of JPEGs`);
  const wanted = { crops, gib: LARGE_GIB, signal: settings.signal };
  const set = await PictureSet.make(folder, localPlace(folder), wanted);
  return readCold(set, settings);
}

function largeFigures(figures: ReaderFigures, measured: readonly Repetition[]): Figure[] {
  const smallMib = median(measured.map(({ ours }) => ours.residentMib));
  return [
    figureOf('20 GiB, pages cold', 'bytes read ÷ wanted', [readShare(figures)]),
    figureOf('20 GiB, pages cold', 's to the first batch', [figures.firstBatchSeconds]),
    figureOf('20 GiB, pages cold', 'MiB at most', [figures.residentMib]),
    figureOf('20 GiB ÷ 1 GiB', 'MiB at most', [figures.residentMib / smallMib]),
  ];
}

/** Reads the same pictures twice: from the bucket, then from the cache on this disk. */
async function readCached(
  folder: string,
  crops: readonly Jpeg[],
  settings: SideOptions,
): Promise<Figure[]> {
  const { signal } = settings;
  const gateway = await S3Gateway.start(folder, signal);
  try {
    progress(`writing ${SMALL_GIB} GiB of JPEGs to a bucket`);
    const wanted = { crops, gib: SMALL_GIB, signal };
    const set = await PictureSet.make(join(folder, 'set'), gateway.place, wanted);
    const cold = await readHere(set, settings);
    const warm = await readHere(set, settings);
    return [
      ...cacheFigures('bucket, cache cold', cold),
      ...cacheFigures('bucket, cache warm', warm),
    ];
  } finally {
    await gateway.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function cacheFigures(name: string, figures: ReaderFigures): Figure[] {
  return [
    figureOf(name, 's to the first batch', [figures.firstBatchSeconds]),
    figureOf(name, 'pictures/s', [figures.picturesPerSecond]),
    figureOf(name, 'bytes read ÷ wanted', [readShare(figures)]),
  ];
}

/** Measures how long students that learn labels wait for pictures, which are decoded on the same cores. */
async function studentsWait(set: PictureSet, signal: AbortSignal): Promise<Figure[]> {
  const env = { LYCEUM_DATASETS_ROOT: set.folder };
  const shape = { teacherWorkers: 0, studentWorkers: 1, env, signal };
  return withCluster(shape, async (_cluster, client) => {
    const kind = ArtifactKind.ARTIFACT_KIND_DATASET;
    await client.pushArtifact(kind, 'pictures', set.bytes, { signal });
    const figures: Figure[] = [];
    for (const [name, model] of Object.entries(STUDENTS)) {
      progress(`training ${name}`);
      const { runId } = await finished(client, studentRun(name, model), signal);
      const { training, samplesPerSecond } = await client.getReport(runId);
      const waitingShare = (training.dataWaitingSeconds ?? 0) / training.seconds;
      figures.push(
        figureOf(`student ${name}`, 'share of its time waiting for pictures', [waitingShare]),
        figureOf(`student ${name}`, 'pictures/s', [samplesPerSecond]),
      );
    }
    return figures;
  });
}

function studentRun(name: string, model: object): string {
  return JSON.stringify({
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Training',
    metadata: { name },
    spec: {
      dataset: 'pictures',
      student: { model },
      training: { batchSize: BATCH_PICTURES, steps: STUDENT_STEPS },
    },
  });
}

function meanBytes(crops: readonly Jpeg[]): number {
  return Math.round(crops.reduce((sum, { bytes }) => sum + bytes.length, 0) / crops.length);
}
