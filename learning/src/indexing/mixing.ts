/** How well shards are mixed: how many distinct classes a batch has, in the order by chunks and in full order. */
import { orderedSamples } from '../orders/index.js';

const BATCH = 256;

/** As in a run: positions of a span, and the greatest size of its decoded pictures. */
const BLOCK_POSITIONS = 4096;
const BLOCK_BYTES = 128 * 1024 * 1024;

/** Number of batches that are counted, each of another epoch. */
const BATCHES = 64;
const SEED = 1;

export interface Mixing {
  readonly batchSize: number;
  /** Distinct classes in a batch, on average over some batches. */
  readonly chunkOrder: number;
  /** Distinct classes in a batch, expected value. */
  readonly fullOrder: number;
}

/**
 * @param samples - samples of train, ascending.
 * @param labels - [N], −1: unlabelled.
 * @param pictureBytes - size of one picture, decoded.
 * @returns undefined if no sample has a label.
 */
export function mixingOf(
  samples: Uint32Array,
  labels: Int32Array,
  chunkEnds: Uint32Array,
  pictureBytes: number,
): Mixing | undefined {
  const batchSize = Math.min(BATCH, samples.length);
  const fullOrder = expectedClasses(samples, labels, batchSize);
  if (fullOrder === 0) return undefined;
  const positions = Math.min(BLOCK_POSITIONS, BLOCK_BYTES / pictureBytes);
  const blockPositions = Math.max(BATCH, Math.floor(positions / BATCH) * BATCH);
  const batches = Math.floor(samples.length / batchSize);
  let total = 0;
  for (let epoch = 0; epoch < BATCHES; epoch++) {
    const order = { seed: SEED, epoch, blockPositions };
    const first = Math.floor((epoch * batches) / BATCHES) * batchSize;
    const batch = orderedSamples(samples, chunkEnds, order, first, batchSize);
    total += classesIn(batch, labels);
  }
  return { batchSize, chunkOrder: total / BATCHES, fullOrder };
}

/**
 * Expected distinct classes among b of N samples drawn without replacement: Σ over classes of n samples of 1 − C(N −
 * n, b) / C(N, b).
 */
function expectedClasses(samples: Uint32Array, labels: Int32Array, batchSize: number): number {
  const counts = new Map<number, number>();
  for (const sample of samples) {
    const label = labels[sample] as number;
    if (label >= 0) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  let expected = 0;
  for (const count of counts.values()) {
    let absent = 1;
    for (let drawn = 0; drawn < batchSize && absent > 0; drawn++) {
      absent *= Math.max(0, samples.length - count - drawn) / (samples.length - drawn);
    }
    expected += 1 - absent;
  }
  return expected;
}

function classesIn(batch: Uint32Array, labels: Int32Array): number {
  const seen = new Set<number>();
  for (const sample of batch) {
    const label = labels[sample] as number;
    if (label >= 0) seen.add(label);
  }
  return seen.size;
}
