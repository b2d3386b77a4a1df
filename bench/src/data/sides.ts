/** Both sides of `data`, each a process of its own. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { splitSamples } from '@lyceum/learning/datasets';
import { orderedSamples } from '@lyceum/learning/orders';
import { LyceumError } from '@lyceum/proto';
import {
  BATCH_PICTURES,
  CROP_SIDE,
  GRID,
  type ReaderFigures,
  type ReaderJob,
  type SideFigures,
} from './data-job.js';
import type { PictureSet } from './picture-set.js';

const LOADER = fileURLToPath(new URL('../../pytorch/load.py', import.meta.url));
const READER = fileURLToPath(new URL('./reader.js', import.meta.url));
const run = promisify(execFile);

/** Decoders of torchvision: Pillow, as for its folders of pictures, or its own decoder to tensors. */
export const TORCH_DECODERS = ['pil', 'tensor'] as const;

export interface SideOptions {
  readonly pictures: number;
  readonly threads: number;
  readonly signal: AbortSignal;
}

export async function readHere(
  pictureSet: PictureSet,
  { pictures, threads, signal }: SideOptions,
): Promise<ReaderFigures> {
  const { file, digest, place, folder } = pictureSet;
  const job: ReaderJob = {
    manifest: file,
    digest,
    objects: place.objects,
    cacheFolder: join(folder, 'cache'),
    pictures,
    threads,
  };
  return figuresOf(process.execPath, READER, pictureSet, job, signal);
}

/**
 * Runs PyTorch's side. Its DataLoader reads as many pictures of the same split, one by one, in its own order.
 */
export async function readThere(
  pictureSet: PictureSet,
  python: string,
  decoder: (typeof TORCH_DECODERS)[number],
  { pictures, threads, signal }: SideOptions,
): Promise<SideFigures> {
  const { set, shards } = pictureSet;
  if (set.shards === undefined) throw new Error('the set is not in shards');
  const { shardOf, offsets, lengths } = set.shards;
  const rows = orderedSamples(
    splitSamples(set, 'train'),
    undefined,
    { seed: 1, epoch: 0 },
    0,
    pictures,
  );
  const job = {
    files: shards,
    shardOf: [...shardOf],
    offsets: [...offsets],
    lengths: [...lengths],
    rows: [...rows],
    grid: GRID.height,
    crop: CROP_SIDE,
    batch: BATCH_PICTURES,
    workers: threads,
    decoder,
  };
  return figuresOf(python, LOADER, pictureSet, job, signal);
}

/** @throws {LyceumError} INTERNAL with the program's output, if the program fails. */
async function figuresOf<T>(
  program: string,
  script: string,
  { folder }: PictureSet,
  job: object,
  signal: AbortSignal,
): Promise<T> {
  const file = join(folder, 'job.json');
  await writeFile(file, JSON.stringify(job));
  try {
    const { stdout } = await run(program, [script, file], { signal });
    return JSON.parse(stdout) as T;
  } catch (thrown) {
    signal.throwIfAborted();
    const { stderr = '', message } = thrown as Error & { readonly stderr?: string };
    throw new LyceumError('INTERNAL', `${script} failed: ${stderr.trim() || message}`);
  }
}
