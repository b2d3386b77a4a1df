/** Sets of real JPEGs in tar shards: written where they are to lie, registered, and removed. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import {
  type PictureGrid,
  parseStoredDataset,
  type StoredDataset,
} from '@lyceum/learning/datasets';
import { registerSet } from '@lyceum/learning/indexing';
import { AddressGuard } from '@lyceum/platform';
import { type Objects, openObjects } from '@lyceum/platform/objects';
import { GRID } from './data-job.js';
import type { Jpeg } from './jpegs.js';
import { tarShards } from './tar-shards.js';

const GIB = 2 ** 30;
const SHARD_BYTES = GIB / 4;
const run = promisify(execFile);

interface SetWanted {
  readonly crops: readonly Jpeg[];
  readonly gib: number;
  readonly grid: PictureGrid;
  /** Before the names of its shards. */
  readonly prefix: string;
  /** What registering keeps. */
  readonly indexFolder: string;
  readonly signal: AbortSignal;
}

/** @returns the set's manifest. */
async function makePictureSet(objects: Objects, wanted: SetWanted): Promise<Buffer> {
  const { crops, gib, grid, prefix, indexFolder, signal } = wanted;
  const sources: string[] = [];
  for (const shard of tarShards(crops, { jpegBytes: gib * GIB, shardBytes: SHARD_BYTES })) {
    const url = `${prefix}${shard.file}`;
    await objects.write(url, Readable.from(shard.content), signal);
    sources.push(url);
  }
  const places = { objects, cacheFolder: indexFolder, signal };
  return (await registerSet({ sources, grid, checksPictures: false }, places)).manifest;
}

/** A set whose shards lie in a folder. */
export class PictureSet {
  readonly folder: string;
  /** Its manifest. */
  readonly file: string;
  readonly bytes: Buffer;
  readonly digest: string;
  readonly set: StoredDataset;

  private constructor(folder: string, file: string, bytes: Buffer) {
    this.folder = folder;
    this.file = file;
    this.bytes = bytes;
    this.digest = createHash('sha256').update(bytes).digest('hex');
    this.set = parseStoredDataset(bytes);
  }

  static async make(
    folder: string,
    crops: readonly Jpeg[],
    gib: number,
    signal: AbortSignal,
  ): Promise<PictureSet> {
    await mkdir(folder, { recursive: true });
    const guard = new AddressGuard([]);
    const objects = openObjects({ datasetsRoot: folder, guard, environment: {} });
    try {
      const indexFolder = join(folder, 'index');
      const wanted = { crops, gib, grid: GRID, prefix: 'shards/', indexFolder, signal };
      const manifest = await makePictureSet(objects, wanted);
      const file = join(folder, 'manifest.npz');
      await writeFile(file, manifest);
      return new PictureSet(folder, file, manifest);
    } finally {
      await objects.close();
    }
  }

  /** Paths of its shards. */
  get shards(): string[] {
    return (this.set.shards?.shards ?? []).map(({ url }) => join(this.folder, url));
  }

  /** Has the kernel forget what it read of the shards, so that they come from the disk again. */
  async chill(): Promise<void> {
    for (const shard of this.shards) {
      const file = await open(shard, 'r+');
      // What is not yet on the disk cannot be forgotten.
      await file.sync();
      await file.close();
      await run('dd', [`if=${shard}`, 'iflag=nocache', 'count=0', 'status=none']);
    }
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
