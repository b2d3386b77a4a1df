/**
 * Some pictures of a set as they were decoded when it was registered: a machine that decodes them differently must not
 * compute.
 */
import { createHash } from 'node:crypto';
import { LyceumError } from '@lyceum/proto';
import { SampleRefusedError } from '../datasets/encoding/index.js';
import type { PictureCanary, PictureGrid } from '../datasets/index.js';
import type { Refusals } from '../import/samples/index.js';
import { pictureDecoder } from '../pictures/index.js';

const PICTURES = 8;

/** How many pictures of a chunk are tried. If none of them can be decoded, the set is useless. */
const TRIED = 16;

export interface CanarySource {
  readonly chunkEnds: Uint32Array;
  readonly grid: PictureGrid;
  /** @returns a sample's picture as it was registered. */
  read(sample: number): Promise<Uint8Array>;
  /** Where the picture is, for messages. */
  whereOf(sample: number): string;
}

/**
 * The canary: one picture from each of some chunks, spread over the set.
 *
 * @param broken - collects pictures that cannot be decoded.
 * @throws {LyceumError} INVALID_ARGUMENT if many pictures in a row cannot be decoded.
 */
export async function pictureCanary(
  source: CanarySource,
  broken: Refusals,
): Promise<PictureCanary> {
  const { chunkEnds } = source;
  const decode = await pictureDecoder(source.grid);
  const count = Math.min(PICTURES, chunkEnds.length);
  const hash = createHash('sha256');
  const samples: number[] = [];
  for (let place = 0; place < count; place++) {
    const chunk = Math.floor((place * chunkEnds.length) / count);
    const start = chunk === 0 ? 0 : (chunkEnds[chunk - 1] as number);
    const end = Math.min(chunkEnds[chunk] as number, start + TRIED);
    const { sample, pixels } = await firstThatDecodes(source, decode, start, end, broken);
    samples.push(sample);
    hash.update(pixels);
  }
  return { samples, digest: hash.digest('hex') };
}

async function firstThatDecodes(
  { read, whereOf }: CanarySource,
  decode: (bytes: Uint8Array) => Promise<Uint8Array>,
  start: number,
  end: number,
  broken: Refusals,
): Promise<{ sample: number; pixels: Uint8Array }> {
  let last: SampleRefusedError | undefined;
  for (let sample = start; sample < end; sample++) {
    try {
      return { sample, pixels: await decode(await read(sample)) };
    } catch (err) {
      if (!(err instanceof SampleRefusedError)) throw err;
      last = err;
      broken.add({ where: whereOf(sample), refusal: err });
    }
  }
  const message = `no picture from ${whereOf(start)} to ${whereOf(end - 1)} can be decoded: ${last?.message}`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}
