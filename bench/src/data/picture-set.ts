/** Sets of real JPEGs in tar shards: written to a place, registered, and removed. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { parseStoredDataset, type StoredDataset } from '@lyceum/learning/datasets';
import { registerSet } from '@lyceum/learning/indexing';
import { AddressGuard } from '@lyceum/platform';
import { type Objects, openObjects } from '@lyceum/platform/objects';
import { GRID } from './data-job.js';
import type { Jpeg } from './jpegs.js';
import type { SetPlace } from './set-place.js';
import { tarShards } from './tar-shards.js';

const GIB = 2 ** 30;
/** Greatest size of a shard. A set has at least four shards. */
const GREATEST_SHARD_BYTES = GIB / 4;
const run = promisify(execFile);

interface ShardsWanted {
  readonly crops: readonly Jpeg[];
  readonly gib: number;
  readonly signal: AbortSignal;
}

/** @returns the shards' URLs. */
export function writeShards(place: SetPlace, wanted: ShardsWanted): Promise<string[]> {
  return withObjects(place, (objects) => written(objects, place, wanted));
}

async function withObjects<T>(place: SetPlace, use: (objects: Objects) => Promise<T>): Promise<T> {
  const objects = openObjects({ ...place.objects, guard: new AddressGuard([]) });
  try {
    return await use(objects);
  } finally {
    await objects.close();
  }
}

async function written(
  objects: Objects,
  { prefix }: SetPlace,
  { crops, gib, signal }: ShardsWanted,
): Promise<string[]> {
  const jpegBytes = gib * GIB;
  const shardBytes = Math.min(GREATEST_SHARD_BYTES, jpegBytes / 4);
  const urls: string[] = [];
  for (const shard of tarShards(crops, { jpegBytes, shardBytes })) {
    const url = `${prefix}${shard.file}`;
    await objects.write(url, Readable.from(shard.content), signal);
    urls.push(url);
  }
  return urls;
}

/** A set of {@link GRID}, with its shards, manifest and folder. */
export class PictureSet {
  /** Folder for files that are made from the set. */
  readonly folder: string;
  readonly place: SetPlace;
  /** Path of the set's manifest. */
  readonly file: string;
  readonly bytes: Buffer;
  readonly digest: string;
  readonly set: StoredDataset;

  private constructor(folder: string, place: SetPlace, file: string, bytes: Buffer) {
    this.folder = folder;
    this.place = place;
    this.file = file;
    this.bytes = bytes;
    this.digest = createHash('sha256').update(bytes).digest('hex');
    this.set = parseStoredDataset(bytes);
  }

  static async make(folder: string, place: SetPlace, wanted: ShardsWanted): Promise<PictureSet> {
    await mkdir(folder, { recursive: true });
    const manifest = await withObjects(place, async (objects) => {
      const sources = await written(objects, place, wanted);
      const places = { objects, cacheFolder: join(folder, 'index'), signal: wanted.signal };
      return (await registerSet({ sources, grid: GRID, checksPictures: false }, places)).manifest;
    });
    const file = join(folder, 'manifest.npz');
    await writeFile(file, manifest);
    return new PictureSet(folder, place, file, manifest);
  }

  /** Paths of shards that are files. */
  get shards(): string[] {
    return (this.set.shards?.shards ?? []).map(({ url }) => join(this.folder, url));
  }

  /** Drops the shards from the kernel's page cache, so that they are read from the disk again. */
  async chill(): Promise<void> {
    for (const shard of this.shards) {
      const file = await open(shard, 'r+');
      // The kernel cannot drop bytes that are not on the disk yet.
      await file.sync();
      await file.close();
      await run('dd', [`if=${shard}`, 'iflag=nocache', 'count=0', 'status=none']);
    }
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
