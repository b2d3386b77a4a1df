/**
 * Plans what is kept together. Pure. A *piece* is consecutive samples of one chunk, and one entry of the cache. Pieces
 * depend on the set alone, not on the samples that are asked for.
 *
 * Symbols: N samples, P pieces.
 */
import { picturesIn, type ShardIndex } from '../../datasets/index.js';
import { chunkOf } from '../../orders/index.js';
import { REQUEST_MAX_BYTES } from '../../shards/index.js';

/**
 * [P]: where each piece ends. A chunk larger than a request is cut, except in Parquet, where a row group can only be
 * read whole.
 */
export function pieceEnds(
  { shards, shardOf, lengths }: Pick<ShardIndex, 'shards' | 'shardOf' | 'lengths'>,
  chunkEnds: Uint32Array,
): Uint32Array {
  const areRows = shards.map((shard) => picturesIn(shard) === 'rows');
  const ends: number[] = [];
  let sample = 0;
  for (const chunkEnd of chunkEnds) {
    let bytes = 0;
    for (const start = sample; sample < chunkEnd; sample++) {
      const length = lengths[sample] as number;
      const isCut =
        bytes + length > REQUEST_MAX_BYTES && areRows[shardOf[sample] as number] === false;
      if (sample > start && isCut) {
        ends.push(sample);
        bytes = 0;
      }
      bytes += length;
    }
    ends.push(chunkEnd);
  }
  return Uint32Array.from(ends);
}

/** Samples of one piece that a window wants. */
export interface WantedPiece {
  readonly piece: number;
  /** Ascending indices into the set; an index may occur several times. */
  readonly samples: Uint32Array;
  /** For each of these samples its row in the window. */
  readonly rows: Uint32Array;
}

/** Samples by piece, ascending. @param samples - indices into the set, in any order. */
export function wantedPieces(ends: Uint32Array, samples: Uint32Array): WantedPiece[] {
  const rows = Uint32Array.from(samples.keys());
  rows.sort((a, b) => (samples[a] as number) - (samples[b] as number));
  const wanted: WantedPiece[] = [];
  for (let start = 0; start < rows.length; ) {
    const piece = chunkOf(ends, samples[rows[start] as number] as number);
    const end = ends[piece] as number;
    let next = start + 1;
    while (next < rows.length && (samples[rows[next] as number] as number) < end) next++;
    const own = rows.slice(start, next);
    wanted.push({ piece, rows: own, samples: own.map((row) => samples[row] as number) });
    start = next;
  }
  return wanted;
}

/** Bytes of the pictures, one after another. */
export function encodedBytes(lengths: Uint32Array, samples: Iterable<number>): number {
  let bytes = 0;
  for (const sample of samples) bytes += lengths[sample] as number;
  return bytes;
}
