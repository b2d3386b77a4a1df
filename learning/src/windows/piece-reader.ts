/** Encoded pictures of a piece, verified: whoever gets them has the bytes that the set was made of. */
import { createHash } from 'node:crypto';
import type { OpenSet } from './open-set.js';
import { pictureUrl, type ShardPictures, type WantedPiece } from './shards/index.js';
import { PictureDigestError } from './window-errors.js';

/** Of the SHA-256 of a picture, what a set keeps. */
const DIGEST_BYTES = 16;

export class PieceReader {
  readonly #shards: ShardPictures;

  constructor(shards: ShardPictures) {
    this.#shards = shards;
  }

  /** Bytes in memory while {@link read} reads these, and what it gives. */
  readingBytes({ index }: OpenSet, { samples }: WantedPiece): Promise<number> {
    return this.#shards.readingBytes(index, samples);
  }

  /**
   * @returns by wanted sample, its picture.
   * @throws {PictureDigestError} if there are other bytes in its place; what the object's server says.
   */
  async read(
    set: OpenSet,
    { samples }: WantedPiece,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, Uint8Array>> {
    const pictures = await this.#shards.read(set.index, samples, signal);
    for (const sample of samples) {
      if (isRegistered(set, sample, pictures.get(sample))) continue;
      const url = pictureUrl(set.index, sample);
      throw new PictureDigestError({ set: set.digest, sample, url });
    }
    return pictures;
  }
}

function isRegistered({ index }: OpenSet, sample: number, bytes: Uint8Array | undefined): boolean {
  if (bytes === undefined || bytes.length !== index.lengths[sample]) return false;
  const found = createHash('sha256').update(bytes).digest().subarray(0, DIGEST_BYTES);
  const at = sample * DIGEST_BYTES;
  return found.equals(index.digests.subarray(at, at + DIGEST_BYTES));
}
