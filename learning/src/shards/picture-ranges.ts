/** Plans which bytes one request reads. Pure. */
import { picturesIn, type ShardIndex } from '../datasets/index.js';

/** Greatest size of one request. */
export const REQUEST_MAX_BYTES = 16 * 1024 * 1024;

/** A gap between two pictures is read with them if it is shorter than this: another request would cost more. */
export const GAP_BYTES = 64 * 1024;

/** A range of one object, and the pictures in it. */
export interface PictureRange {
  readonly shard: number;
  readonly start: number;
  readonly end: number;
  /** Indices into the set. */
  readonly samples: readonly number[];
}

/**
 * The ranges to read of tars and folders, by shard and offset; each sample once. @param samples - indices into the
 * set.
 */
export function pictureRanges(
  { shards, shardOf, offsets, lengths }: ShardIndex,
  samples: Uint32Array,
): PictureRange[] {
  const sorted = [...new Set(samples)].sort(
    (a, b) =>
      (shardOf[a] as number) - (shardOf[b] as number) ||
      (offsets[a] as number) - (offsets[b] as number) ||
      a - b,
  );
  const ranges: { shard: number; start: number; end: number; samples: number[] }[] = [];
  for (const sample of sorted) {
    const shard = shardOf[sample] as number;
    const start = offsets[sample] as number;
    const end = start + (lengths[sample] as number);
    const last = ranges.at(-1);
    const isNear =
      last !== undefined &&
      last.shard === shard &&
      picturesIn(shards[shard]) !== 'files' &&
      start - last.end < GAP_BYTES &&
      end - last.start <= REQUEST_MAX_BYTES;
    if (isNear) {
      last.end = Math.max(last.end, end);
      last.samples.push(sample);
    } else ranges.push({ shard, start, end, samples: [sample] });
  }
  return ranges;
}
