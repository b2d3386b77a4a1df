/** Sets in shards, made here: pictures by sharp, tars by hand, Parquet by hyparquet-writer. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256Hex } from '@lyceum/proto';
import { parquetWriteBuffer } from 'hyparquet-writer';
import sharp from 'sharp';
import { encodeManifest, type Shard } from '../../src/datasets/index.js';
import type { PictureGrid } from '../../src/datasets/shards/shard-index.js';
import { pictureDecoder } from '../../src/pictures/index.js';

export const GRID: PictureGrid = { height: 12, width: 10, channels: 3, fit: 'cover' };

type Format = Shard['format'];

interface PictureSetOptions {
  readonly count?: number;
  /** The number of samples per chunk. */
  readonly chunk?: number;
  /** One shard per format, with equal shares of the samples. */
  readonly formats?: readonly Format[];
  /** The split of a sample, 1 to 3; equal within a chunk. */
  readonly split?: (sample: number) => number;
  /** A prefix of the shard paths. */
  readonly base?: string;
  /** Samples whose files are not pictures. */
  readonly broken?: readonly number[];
  readonly canaryDigest?: string;
  /** The ETag of all shards. */
  readonly etag?: string;
}

export interface PictureSet {
  readonly digest: string;
  /** Path of the manifest. */
  readonly file: string;
  /** The datasets root, below which the shards are. */
  readonly root: string;
  /** Encoded pictures by sample. */
  readonly pictures: readonly Buffer[];
}

/** Noise of various sizes, so that all pictures differ and none is small. */
async function picture(sample: number): Promise<Buffer> {
  const [width, height] = [20 + ((sample * 7) % 13), 16 + ((sample * 5) % 11)];
  const values = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => Math.imul(i + 1 + sample * 7919, 2_654_435_761) >>> 24,
  );
  const image = sharp(values, { raw: { width, height, channels: 3 } });
  return sample % 3 === 0 ? image.png().toBuffer() : image.jpeg().toBuffer();
}

export async function pixelsOfAll(set: PictureSet, samples: Iterable<number>): Promise<Buffer> {
  const decode = await pictureDecoder(GRID);
  const pixels = [...samples].map((sample) => decode(set.pictures[sample] as Buffer));
  return Buffer.concat(await Promise.all(pixels));
}

/** @param root - an empty folder. */
export async function pictureSet(
  root: string,
  {
    count = 24,
    chunk = 4,
    formats = ['tar'],
    split = () => 1,
    base = '',
    broken = [],
    canaryDigest,
    etag,
  }: PictureSetOptions = {},
): Promise<PictureSet> {
  const pictures = await Promise.all(Array.from({ length: count }, (_, i) => picture(i)));
  for (const sample of broken) pictures[sample] = Buffer.from('this is no picture');
  const share = Math.ceil(count / formats.length);
  const shards = formats.map((format, shard) => {
    const samples = pictures.slice(shard * share, (shard + 1) * share);
    return writeShard(root, shard, format, samples, chunk);
  });
  const paths = shards.flatMap((shard) => shard.paths);
  const ends = paths.map((_, i) => Buffer.from(paths.slice(0, i + 1).join('')).length);
  const canary = { samples: [0, count - 1], digest: '' };
  const intact = canary.samples.filter((sample) => !broken.includes(sample));
  const decode = await pictureDecoder(GRID);
  const pixels = await Promise.all(intact.map((sample) => decode(pictures[sample] as Buffer)));
  canary.digest = canaryDigest ?? sha256Hex(Buffer.concat(pixels));
  const file = encodeManifest({
    sampleCount: count,
    classCount: 2,
    classNames: ['ant', 'bee'],
    labels: Int32Array.from({ length: count }, (_, i) => i % 2),
    splits: Uint8Array.from({ length: count }, (_, sample) => split(sample)),
    chunkEnds: Uint32Array.from({ length: Math.ceil(count / chunk) }, (_, i) =>
      Math.min(count, (i + 1) * chunk),
    ),
    shards: {
      shards: shards.map(({ shard }) => ({
        ...shard,
        url: base + shard.url,
        ...(etag !== undefined && { etag }),
      })),
      grid: GRID,
      decoder: 'of the test',
      canary,
      shardOf: Uint32Array.from({ length: count }, (_, i) => Math.floor(i / share)),
      offsets: Float64Array.from(shards.flatMap(({ offsets }) => offsets)),
      lengths: Uint32Array.from(pictures, ({ length }) => length),
      digests: Buffer.concat(pictures.map(half)),
      paths: formats.includes('folder')
        ? { bytes: Buffer.from(paths.join('')), ends: Uint32Array.from(ends) }
        : undefined,
    },
  });
  const digest = sha256Hex(file);
  const path = join(root, `${digest}.npz`);
  writeFileSync(path, file);
  return { digest, file: path, root, pictures };
}

function half(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, 16);
}

function writeShard(
  root: string,
  number: number,
  format: Format,
  samples: readonly Buffer[],
  chunk: number,
): { shard: Shard; offsets: number[]; paths: string[] } {
  const put = (path: string, bytes: Uint8Array) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes);
    return path;
  };
  const none = samples.map(() => '');
  if (format === 'folder') {
    const paths = samples.map((_, i) => `${i % 2 ? 'bee' : 'ant'}/${i}.img`);
    for (const [i, bytes] of samples.entries()) put(`photos-${number}/${paths[i]}`, bytes);
    const shard: Shard = { url: `photos-${number}/`, format, sizeBytes: 0 };
    return { shard, offsets: samples.map(() => 0), paths };
  }
  if (format === 'parquet') {
    const data = samples.map((bytes, i) => ({ bytes: Uint8Array.from(bytes), path: `${i}.jpg` }));
    const bytes = new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'image', data },
          { name: 'label', data: samples.map((_, i) => BigInt(i % 2)) },
        ],
        schema: [
          { name: 'root', num_children: 2 },
          { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
          { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
          { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
          { name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' },
        ],
        rowGroupSize: chunk,
      }),
    );
    const url = put(`rows-${number}.parquet`, bytes);
    const shard: Shard = { url, format, sizeBytes: bytes.length, column: 'image' };
    return { shard, offsets: [...samples.keys()], paths: none };
  }
  const offsets: number[] = [];
  const blocks: Buffer[] = [];
  let at = 0;
  for (const [i, bytes] of samples.entries()) {
    const header = tarHeader(`${i}.jpg`, bytes.length);
    const padding = Buffer.alloc((512 - (bytes.length % 512)) % 512);
    offsets.push(at + header.length);
    blocks.push(header, bytes, padding);
    at += header.length + bytes.length + padding.length;
  }
  blocks.push(Buffer.alloc(1024));
  const tar = Buffer.concat(blocks);
  const url = put(`shard-${number}.tar`, tar);
  return { shard: { url, format, sizeBytes: tar.length }, offsets, paths: none };
}

/** A tar header by POSIX (ustar). */
function tarHeader(name: string, bytes: number): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
