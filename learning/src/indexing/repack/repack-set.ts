/**
 * Writes a set's pictures anew: smaller, mixed, in tars of one split each. A record in the cache says which shards
 * have been written: after an interruption the next call continues with the others.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '@lyceum/platform';
import type { ObjectFacts, Objects } from '@lyceum/platform/objects';
import { LyceumError, sha256Hex } from '@lyceum/proto';
import { SampleRefusedError } from '../../datasets/encoding/index.js';
import {
  type PictureGrid,
  picturesIn,
  type ShardIndex,
  type StoredDataset,
} from '../../datasets/index.js';
import { removeOldDrafts, writeDurably } from '../../files/index.js';
import { mapInOrder } from '../../import/images/index.js';
import { Refusals } from '../../import/samples/index.js';
import { chunkOf } from '../../orders/index.js';
import { type EncodedPictures, pictureText, ShardPictures } from '../../shards/index.js';
import { type PictureEncoder, pictureEncoder } from './picture-encoder.js';
import { type PictureFormat, type RepackedShard, repackPlan, runEnds } from './repack-plan.js';
import { TAR_END, tarMember } from './tar-writer.js';

/** Rises when the same options give other shards. */
const REPACK_VERSION = 2;

/** About as many as sharp encodes at once on a few cores. */
const ENCODED_AT_ONCE = 8;

const NEVER = new AbortController().signal;

export interface RepackOptions {
  /** Where shards are written: a folder below the datasets root, or a URL's prefix, with a slash at its end. */
  readonly target: string;
  /** The size of the new pictures, which is the new set's grid. */
  readonly grid: PictureGrid;
  readonly format: PictureFormat;
  /** For JPEG and WebP. */
  readonly quality: number;
  readonly seed: number;
  /** Whether pictures that cannot be decoded are left out. */
  readonly skipsRefused: boolean;
}

export interface RepackPlaces {
  readonly objects: Objects;
  /** Folder below which the record of written shards is kept. */
  readonly cacheFolder: string;
  readonly signal?: AbortSignal | undefined;
  /** Called with samples done and samples in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface Repacked {
  /** Sources of the new set, for `registerSet`. */
  readonly sources: readonly string[];
  /** Refusals in the shards that were written in this call. */
  readonly refusals: Refusals;
}

type SetInShards = StoredDataset & { readonly shards: ShardIndex };

/** Size and version of each written shard, by its name. */
type Written = Record<string, ObjectFacts>;

/**
 * @param set - the set to repack, with its manifest.
 * @throws {LyceumError} INVALID_ARGUMENT naming a picture that cannot be decoded, ALREADY_EXISTS if the target holds
 *   anything else; as `Objects` throws.
 */
export async function repackSet(
  set: SetInShards,
  options: RepackOptions,
  places: RepackPlaces,
): Promise<Repacked> {
  const { target, grid, format, quality, seed } = options;
  const { objects, signal, onProgress } = places;
  const { chunkEnds = new Uint32Array(0), shards } = set;
  const ends = runEnds(chunkEnds, (sample) => {
    return picturesIn(shards.shards[shards.shardOf[sample] as number]) === 'rows';
  });
  const plan = repackPlan(set, ends, grid, format, seed);
  const record = await WrittenShards.open(places.cacheFolder, [
    set.digest,
    target,
    grid,
    format,
    quality,
    seed,
  ]);
  if (record.isNew) await requireEmpty(objects, target, signal);
  await record.save();
  const encode = await pictureEncoder(grid, format, quality);
  const pictures = new ShardPictures(objects);
  const refusals = new Refusals();
  let done = 0;
  for (const shard of plan) {
    signal?.throwIfAborted();
    const url = `${target}${shard.name}`;
    if (await record.has(shard.name, () => objects.facts(url, signal))) {
      done += shard.samples.length;
      continue;
    }
    const onPicture = () => onProgress?.(++done, set.sampleCount);
    const parts = await shardParts(shard, {
      set,
      ends,
      pictures,
      encode,
      options,
      refusals,
      signal: signal ?? NEVER,
      onPicture,
    });
    record.add(shard.name, await objects.write(url, each(parts), signal));
    await record.save();
  }
  return { sources: plan.map(({ name, split }) => `${split}=${target}${name}`), refusals };
}

interface ShardWork {
  readonly set: SetInShards;
  readonly ends: Uint32Array;
  readonly pictures: ShardPictures;
  readonly encode: PictureEncoder;
  readonly options: RepackOptions;
  readonly refusals: Refusals;
  readonly signal: AbortSignal;
  readonly onPicture: () => void;
}

/** Reads run by run, and puts the pictures in the shard's order. */
async function shardParts(
  { samples }: RepackedShard,
  { set, ends, pictures, encode, options, refusals, signal, onPicture }: ShardWork,
): Promise<Buffer[]> {
  const places = new Map([...samples].map((sample, place) => [sample, place]));
  const members: Buffer[] = new Array(samples.length).fill(Buffer.alloc(0));
  const ending = options.format === 'jpeg' ? 'jpg' : options.format;
  const encoded = async ([sample, bytes]: readonly [number, Uint8Array]) => {
    try {
      return { sample, bytes: await encode(bytes) };
    } catch (err) {
      if (!(err instanceof SampleRefusedError)) throw err;
      const where = pictureText(set.shards, sample);
      if (options.skipsRefused) refusals.add({ where, refusal: err });
      else
        throw new LyceumError(
          'INVALID_ARGUMENT',
          `${where}: ${err.message}. --skip-refused leaves it out`,
        );
      return { sample, bytes: undefined };
    }
  };
  const read = picturesByRun(Uint32Array.from(samples).sort(), ends, (run) =>
    pictures.readAll(set.shards, run, signal),
  );
  for await (const { sample, bytes } of mapInOrder(read, ENCODED_AT_ONCE, encoded)) {
    onPicture();
    if (bytes === undefined) continue;
    const key = String(sample).padStart(9, '0');
    const label = set.labels[sample] as number;
    const parts = [tarMember(`${key}.${ending}`, bytes)];
    if (label >= 0) parts.push(tarMember(`${key}.cls`, Buffer.from(String(label))));
    members[places.get(sample) as number] = Buffer.concat(parts);
  }
  return [...members, TAR_END];
}

/** @param samples - ascending. */
async function* picturesByRun(
  samples: Uint32Array,
  ends: Uint32Array,
  read: (run: Uint32Array) => Promise<EncodedPictures>,
): AsyncGenerator<readonly [number, Uint8Array], void, undefined> {
  let start = 0;
  while (start < samples.length) {
    const runEnd = ends[chunkOf(ends, samples[start] as number)] as number;
    let end = start;
    while (end < samples.length && (samples[end] as number) < runEnd) end += 1;
    yield* await read(samples.subarray(start, end));
    start = end;
  }
}

async function* each(parts: readonly Buffer[]): AsyncGenerator<Buffer, void, undefined> {
  yield* parts;
}

/** Refuses a target with other objects: they would be taken for shards of the set, or be overwritten. */
async function requireEmpty(
  objects: Objects,
  target: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    for await (const { url } of objects.list(target, signal)) {
      const message = `${target} is not empty, there is ${url}; want a folder or prefix of its own`;
      throw new LyceumError('ALREADY_EXISTS', message);
    }
  } catch (err) {
    if (!(err instanceof LyceumError && err.code === 'NOT_FOUND')) throw err;
  }
}

class WrittenShards {
  readonly isNew: boolean;
  readonly #file: string;
  readonly #written: Written;

  private constructor(file: string, written: Written | undefined) {
    this.#file = file;
    this.#written = written ?? {};
    this.isNew = written === undefined;
  }

  /** @param key - everything that decides what is written. */
  static async open(cacheFolder: string, key: unknown): Promise<WrittenShards> {
    const folder = join(cacheFolder, 'repacks');
    await makeFolder(folder);
    await removeOldDrafts(folder);
    const name = sha256Hex(Buffer.from(JSON.stringify([REPACK_VERSION, key])));
    const file = join(folder, `${name}.json`);
    const text = await readFile(file, 'utf8').catch(() => undefined);
    return new WrittenShards(file, text === undefined ? undefined : (JSON.parse(text) as Written));
  }

  /** Whether the shard was written, and has not been changed since. */
  async has(name: string, facts: () => Promise<ObjectFacts>): Promise<boolean> {
    const own = this.#written[name];
    if (own === undefined) return false;
    try {
      const { sizeBytes, etag } = await facts();
      return own.sizeBytes === sizeBytes && own.etag === etag;
    } catch (err) {
      if (err instanceof LyceumError && err.code === 'NOT_FOUND') return false;
      throw err;
    }
  }

  add(name: string, { sizeBytes, etag }: ObjectFacts): void {
    this.#written[name] = { sizeBytes, ...(etag !== undefined && { etag }) };
  }

  save(): Promise<void> {
    return writeDurably(this.#file, JSON.stringify(this.#written));
  }
}
