/** How well shards are mixed: distinct classes in a batch, in the order by chunks and in full order. */
import { orderedSamples } from '../orders/index.js';

const BATCH = 256;

/** As runs cut them: positions of a span, and what its pictures may take decoded. */
const BLOCK_POSITIONS = 4096;
const BLOCK_BYTES = 128 * 1024 * 1024;

/** Batches that are looked at, of as many epochs. */
const BATCHES = 64;
const SEED = 1;

export interface Mixing {
  readonly batchSize: number;
  /** Mean over some batches. */
  readonly chunkOrder: number;
  /** Expected. */
  readonly fullOrder: number;
}

/**
 * @param samples - of train, ascending.
 * @param labels - [N], −1: unlabelled.
 * @param pictureBytes - of one picture, decoded.
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

/** Σ over classes of 1 − C(N − n, b) / C(N, b), n being the class's samples: what b of N without replacement have. */
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
