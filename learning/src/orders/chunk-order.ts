/**
 * The order in which a run visits a set in shards: neighbours in the order are near each other on disk.
 *
 * Chunks come in the order of a keyed permutation, each with its rows one after another. This sequence is cut into
 * blocks of equal length, and inside each block a keyed permutation mixes the rows. So a block reads its own chunks
 * whole, and parts of the two chunks that its borders cut; every row is in one block. The order depends on set, seed
 * and epoch alone: it is never stored, and can be computed from any position on.
 *
 * Symbols: *position* p in the order, *row* r of the visited samples, b positions of a block.
 */
import { keyedPermutation, type SampleOrder } from './order.js';

/** Keeps this permutation apart from those of blocks, which use the order's seed itself. */
const CHUNKS_SEED = 0x6368756e;

type ChunkOrder = SampleOrder & { readonly blockPositions: number };

/** Number of the chunk that holds the sample. */
export function chunkOf(chunkEnds: Uint32Array, sample: number): number {
  let [low, high] = [0, chunkEnds.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((chunkEnds[middle] as number) <= sample) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The rows at some positions of the order.
 *
 * @param samples - [rows], ascending indices into the set.
 */
export function chunkOrderedRows(
  samples: Uint32Array,
  chunkEnds: Uint32Array,
  { seed, epoch, blockPositions }: ChunkOrder,
  firstPosition: number,
  positionCount: number,
): Uint32Array {
  const { starts, firstRows } = layout(samples, chunkEnds, seed, epoch);
  const blocks = Math.ceil(samples.length / blockPositions);
  const rows = new Uint32Array(positionCount);
  let block = -1;
  let mixed: (place: number) => number = (place) => place;
  for (let i = 0; i < positionCount; i++) {
    const position = firstPosition + i;
    const own = Math.floor(position / blockPositions);
    const blockStart = own * blockPositions;
    if (own !== block) {
      block = own;
      const length = Math.min(blockPositions, samples.length - blockStart);
      mixed = keyedPermutation(length, seed, epoch * blocks + own);
    }
    const place = blockStart + mixed(position - blockStart);
    // The last chunk that starts at or before the place.
    const chunk = chunkOf(starts, place) - 1;
    rows[i] = (firstRows[chunk] as number) + place - (starts[chunk] as number);
  }
  return rows;
}

interface Layout {
  /** Where each chunk starts, in the order of visits. */
  readonly starts: Uint32Array;
  /** The first row of each of these chunks. */
  readonly firstRows: Uint32Array;
}

/** The last used layout of each array of samples: an epoch asks for the same one span by span. */
const lastLayouts = new WeakMap<Uint32Array, { readonly key: string; readonly found: Layout }>();

function layout(samples: Uint32Array, chunkEnds: Uint32Array, seed: number, epoch: number): Layout {
  const key = `${seed} ${epoch}`;
  const last = lastLayouts.get(samples);
  if (last?.key === key) return last.found;
  const own = ownChunks(samples, chunkEnds);
  const permuted = keyedPermutation(own.length, (seed ^ CHUNKS_SEED) >>> 0, epoch);
  const starts = new Uint32Array(own.length);
  const firstRows = new Uint32Array(own.length);
  let start = 0;
  for (let i = 0; i < own.length; i++) {
    const chunk = permuted(i);
    const firstRow = own[chunk] as number;
    starts[i] = start;
    firstRows[i] = firstRow;
    start += (own[chunk + 1] ?? samples.length) - firstRow;
  }
  const found = { starts, firstRows };
  lastLayouts.set(samples, { key, found });
  return found;
}

/** The first row of each chunk that has one, by the array of samples. */
const knownChunks = new WeakMap<Uint32Array, Uint32Array>();

/** The first row of each chunk that holds at least one of the samples. */
function ownChunks(samples: Uint32Array, chunkEnds: Uint32Array): Uint32Array {
  const known = knownChunks.get(samples);
  if (known !== undefined) return known;
  const firstRows: number[] = [];
  let end = -1;
  for (let row = 0; row < samples.length; row++) {
    const sample = samples[row] as number;
    if (sample < end) continue;
    firstRows.push(row);
    end = chunkEnds[chunkOf(chunkEnds, sample)] as number;
  }
  const own = Uint32Array.from(firstRows);
  knownChunks.set(samples, own);
  return own;
}
