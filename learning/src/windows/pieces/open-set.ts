/** A set in shards as the picture thread knows it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { LyceumError } from '@lyceum/proto';
import { DIGEST_BYTES, parseStoredDataset, type ShardIndex } from '../../datasets/index.js';
import { encodedBytes, pieceEnds } from './pieces.js';

/** Letters of a piece's name. */
const KEY_LETTERS = 32;

export interface OpenSet {
  readonly digest: string;
  readonly sampleCount: number;
  readonly index: ShardIndex;
  /** Where each piece ends. A piece is read together. */
  readonly pieceEnds: Uint32Array;
  /** A name for each piece's pictures: equal in all sets that have the same pictures. */
  readonly pieceKeys: readonly string[];
  /** Size of all pictures, encoded. */
  readonly encodedBytes: number;
}

/** @throws {LyceumError} as `parseStoredDataset` does; INVALID_ARGUMENT if the set is not in shards. */
export async function openSet(digest: string, file: string): Promise<OpenSet> {
  const {
    shards: index,
    chunkEnds,
    sampleCount,
  } = parseStoredDataset(await readFile(file), digest);
  if (index === undefined || chunkEnds === undefined) {
    const message = `set ${digest.slice(0, 12)} has its pictures in its file; only sets in shards are read by windows`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const ends = pieceEnds(index, chunkEnds);
  const pieceKeys = [...ends].map((end, piece) => {
    const digests = index.digests.subarray(
      (ends[piece - 1] ?? 0) * DIGEST_BYTES,
      end * DIGEST_BYTES,
    );
    return createHash('sha256').update(digests).digest('hex').slice(0, KEY_LETTERS);
  });
  const bytes = encodedBytes(index.lengths, index.lengths.keys());
  return { digest, sampleCount, index, pieceEnds: ends, pieceKeys, encodedBytes: bytes };
}

/** Bytes of one picture on the set's grid. */
export function pictureBytes({ index: { grid } }: OpenSet): number {
  return grid.height * grid.width * grid.channels;
}

/** All samples of a piece. */
export function pieceSamples({ pieceEnds: ends }: OpenSet, piece: number): Uint32Array {
  const start = ends[piece - 1] ?? 0;
  return Uint32Array.from({ length: (ends[piece] as number) - start }, (_, i) => start + i);
}
