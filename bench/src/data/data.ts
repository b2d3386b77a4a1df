/**
 * `data`: how fast are pictures of a set in shards made ready, beside PyTorch's DataLoader?
 *
 * Both sides read the same real JPEGs from tar shards on a local disk, bring them to the same grid, take a random resized
 * crop of it and make batches of bytes, with as many threads, each in a process of its own. PyTorch has two ways to
 * decode, Pillow and its own decoder to tensors; the figure is against the faster one, by processor time a picture,
 * which other work on the machine disturbs least. What we do besides, digests of all bytes and a canary of pixels, is
 * part of our time.
 *
 * Then: memory of a reader of 1 GiB and, with `--large`, of 20 GiB of shards, bytes read ÷ wanted, and seconds to the first
 * batch with the shards still on the disk.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BenchOptions,
  type BenchResult,
  COMPUTE_THREADS,
  cacheFolder,
  type Figure,
  figureOf,
  median,
  progress,
  spread,
} from '../measuring/index.js';
import { defaultPython, pytorchVersion } from '../pytorch/pytorch-process.js';
import type { ReaderFigures, SideFigures } from './data-job.js';
import { type Jpeg, jpegCrops } from './jpegs.js';
import { PictureSet } from './picture-set.js';
import { readHere, readThere, type SideOptions, TORCH_DECODERS } from './sides.js';

const CROPS = 512;
const PICTURES = 6_400;
const SMALL_GIB = 1;
const LARGE_GIB = 20;

interface Options extends BenchOptions {
  /** A Python with torch and torchvision; undefined: the one in the cache. */
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
  const crops = await jpegCrops(cacheFolder(), CROPS, 1);
  const folder = await mkdtemp(join(tmpdir(), 'lyceum-data-'));
  try {
    progress(`writing ${SMALL_GIB} GiB of JPEGs`);
    const set = await PictureSet.make(join(folder, 'small'), crops, SMALL_GIB, signal);
    const settings = { pictures: PICTURES, threads: COMPUTE_THREADS, signal };
    const measured: Repetition[] = [];
    for (let repetition = 1; repetition <= repetitions; repetition++) {
      measured.push(await repeated(set, python, settings, repetition % 2 === 1));
      progress(`repetition ${repetition}: ${ratioOf(measured.at(-1) as Repetition).toFixed(2)}`);
    }
    const cold = await readCold(set, settings);
    await set.remove();
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
        ...(most === undefined ? [] : largeFigures(most)),
      ],
      details: { pytorch: version, jpegBytes: meanBytes(crops), threads: COMPUTE_THREADS },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The order alternates, so that a machine that grows slower or faster favours neither. */
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
  const set = await PictureSet.make(folder, crops, LARGE_GIB, settings.signal);
  return readCold(set, settings);
}

function largeFigures(figures: ReaderFigures): Figure[] {
  return [
    figureOf('20 GiB, pages cold', 'bytes read ÷ wanted', [readShare(figures)]),
    figureOf('20 GiB, pages cold', 's to the first batch', [figures.firstBatchSeconds]),
    figureOf('20 GiB, pages cold', 'MiB at most', [figures.residentMib]),
  ];
}

function meanBytes(crops: readonly Jpeg[]): number {
  return Math.round(crops.reduce((sum, { bytes }) => sum + bytes.length, 0) / crops.length);
}
