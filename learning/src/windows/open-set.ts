/** A set in shards as the data thread has it. */

import { readFile } from 'node:fs/promises';
import { LyceumError } from '@lyceum/proto';
import { parseStoredDataset, type ShardIndex } from '../datasets/index.js';
import { pieceEnds } from './shards/index.js';

export interface OpenSet {
  readonly digest: string;
  readonly sampleCount: number;
  readonly index: ShardIndex;
  /** Where each piece ends: what is read together. */
  readonly pieceEnds: Uint32Array;
}

/** @throws {LyceumError} as `parseStoredDataset` does; INVALID_ARGUMENT if the set is not in shards. */
export async function openSet(digest: string, file: string): Promise<OpenSet> {
  const { shards, chunkEnds, sampleCount } = parseStoredDataset(await readFile(file), digest);
  if (shards === undefined || chunkEnds === undefined) {
    const message = `set ${digest.slice(0, 12)} has its pictures in its file; only sets in shards are read by windows`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return { digest, sampleCount, index: shards, pieceEnds: pieceEnds(shards, chunkEnds) };
}

/** Bytes of one picture on the set's grid. */
export function pictureBytes({ index: { grid } }: OpenSet): number {
  return grid.height * grid.width * grid.channels;
}
