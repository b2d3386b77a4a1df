/**
 * Cuts rows into chunks, and numbers samples chunk by chunk. Pure.
 *
 * A chunk holds rows of one split that follow each other in one shard: some {@link CHUNK_BYTES} of pictures, at most
 * {@link CHUNK_ROWS}. Rows that are read together, as a row group of Parquet, are never divided. Pictures that are
 * files of their own have no order on disk: they are mixed first, so that no folder's class fills a chunk.
 */
import { keyedPermutation } from '../orders/index.js';

/** Large enough to be worth a request's round trip, small enough for some dozens of chunks in a span. */
const CHUNK_BYTES = 10 * 1024 * 1024;
const CHUNK_ROWS = 256;

/** For folders. Any number would do, but it must never change. */
const FILES_SEED = 21;

export interface ChunkRows {
  /** [rows]. */
  readonly lengths: Uint32Array;
  /** [rows], split numbers. */
  readonly splits: Uint8Array;
  /** [rows], ascending. */
  readonly shardOf: Uint32Array;
  /** [rows]: neighbours in a shard with the same number are read together. */
  readonly groups: Float64Array;
  /** Whether each row is a file of its own. */
  readonly areFiles: boolean;
}

export interface Arrangement {
  /** [N]: the row of each sample. */
  readonly rows: Uint32Array;
  readonly chunkEnds: Uint32Array;
}

export function arrangeChunks(source: ChunkRows): Arrangement {
  const { splits } = source;
  const chunks: number[][] = [];
  for (const shard of source.areFiles ? [allFiles(splits.length)] : shardsOf(source.shardOf)) {
    const bySplit = new Map<number, number[]>();
    for (const row of shard) {
      const split = splits[row] as number;
      const own = bySplit.get(split);
      if (own === undefined) bySplit.set(split, [row]);
      else own.push(row);
    }
    for (const split of [...bySplit.keys()].sort()) {
      for (const chunk of cut(bySplit.get(split) as number[], source)) chunks.push(chunk);
    }
  }
  const rows = new Uint32Array(splits.length);
  const chunkEnds = new Uint32Array(chunks.length);
  let end = 0;
  for (const [chunk, own] of chunks.entries()) {
    rows.set(own, end);
    end += own.length;
    chunkEnds[chunk] = end;
  }
  return { rows, chunkEnds };
}

function allFiles(count: number): Uint32Array {
  const permuted = keyedPermutation(count, FILES_SEED, 0);
  return Uint32Array.from({ length: count }, (_, place) => permuted(place));
}

function* shardsOf(shardOf: Uint32Array): Generator<Uint32Array, void, undefined> {
  let start = 0;
  for (let row = 1; row <= shardOf.length; row++) {
    if (row < shardOf.length && shardOf[row] === shardOf[start]) continue;
    const first = start;
    yield Uint32Array.from({ length: row - first }, (_, place) => first + place);
    start = row;
  }
}

/** Cuts into chunks of about equal bytes. Cutting at a fixed size would leave a small last chunk. */
function cut(rows: readonly number[], { lengths, groups, areFiles }: ChunkRows): number[][] {
  const total = rows.reduce((sum, row) => sum + (lengths[row] as number), 0);
  const least = Math.max(Math.ceil(total / CHUNK_BYTES), Math.ceil(rows.length / CHUNK_ROWS));
  const chunks: number[][] = [];
  let chunk: number[] = [];
  let chunkEnd = total / least;
  let bytes = 0;
  for (const unit of areFiles ? rows.map((row) => [row]) : units(rows, groups)) {
    if (chunk.length > 0 && chunk.length + unit.length > CHUNK_ROWS) {
      chunks.push(chunk);
      chunk = [];
    }
    for (const row of unit) {
      chunk.push(row);
      bytes += lengths[row] as number;
    }
    if (bytes < chunkEnd) continue;
    chunks.push(chunk);
    chunk = [];
    while (chunkEnd <= bytes) chunkEnd += total / least;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}

function* units(
  rows: readonly number[],
  groups: Float64Array,
): Generator<number[], void, undefined> {
  let unit: number[] = [];
  for (const row of rows) {
    const [first] = unit;
    if (first !== undefined && groups[first] !== groups[row]) {
      yield unit;
      unit = [];
    }
    unit.push(row);
  }
  if (unit.length > 0) yield unit;
}
