/** Which samples go into which shard of a repacked set, and in what order. Pure. */
import {
  type DatasetSamples,
  type PictureGrid,
  SPLIT_NAMES,
  type SplitName,
  splitSamples,
} from '../../datasets/index.js';
import { orderedSamples } from '../../orders/index.js';

export const PICTURE_FORMATS = ['jpeg', 'webp', 'png'] as const;
export type PictureFormat = (typeof PICTURE_FORMATS)[number];

/** Size of a shard. A shard is in memory while it is made. */
const SHARD_BYTES = 128 * 1024 * 1024;
const SHARD_MAX_ROWS = 8192;

/**
 * Length of a run: neighbours that are read together and written to the same shard. A request for each picture would
 * cost too much. Whole chunks of a set that is sorted by class would give a shard few classes.
 */
const RUN_ROWS = 8;

/** Greatest size of an encoded picture, as a share of its decoded size; usually enough. */
const ENCODED_SHARE: Readonly<Record<PictureFormat, number>> = { jpeg: 0.25, webp: 0.25, png: 1 };

export interface RepackedShard {
  /** `train-0007.tar`. */
  readonly name: string;
  readonly split: SplitName;
  /** Samples in the order in which they are written. */
  readonly samples: Uint32Array;
}

/**
 * Where runs end: chunks are cut into runs. Chunks of Parquet stay whole, since a row group is read whole.
 *
 * @param isWhole - whether the chunk that begins with this sample stays whole.
 */
export function runEnds(chunkEnds: Uint32Array, isWhole: (sample: number) => boolean): Uint32Array {
  const ends: number[] = [];
  let start = 0;
  for (const end of chunkEnds) {
    if (!isWhole(start)) {
      for (let cut = start + RUN_ROWS; cut < end; cut += RUN_ROWS) ends.push(cut);
    }
    ends.push(end);
    start = end;
  }
  return Uint32Array.from(ends);
}

/**
 * Divides the samples of each split into shards by runs, and mixes samples within a shard. Each run is read once.
 *
 * @param ends - where runs end.
 * @param seed - seed of the order.
 */
export function repackPlan(
  set: Pick<DatasetSamples, 'splits'>,
  ends: Uint32Array,
  { height, width, channels }: PictureGrid,
  format: PictureFormat,
  seed: number,
): RepackedShard[] {
  const pictureBytes = height * width * channels * ENCODED_SHARE[format];
  const fitting = Math.floor(SHARD_BYTES / pictureBytes);
  const blockPositions = Math.min(SHARD_MAX_ROWS, Math.max(1, fitting));
  return SPLIT_NAMES.flatMap((split) => {
    const samples = splitSamples(set, split);
    const count = Math.ceil(samples.length / blockPositions);
    const digits = Math.max(4, String(count - 1).length);
    return Array.from({ length: count }, (_, shard): RepackedShard => {
      const first = shard * blockPositions;
      const positions = Math.min(blockPositions, samples.length - first);
      const order = { seed, epoch: 0, blockPositions };
      return {
        name: `${split}-${String(shard).padStart(digits, '0')}.tar`,
        split,
        samples: orderedSamples(samples, ends, order, first, positions),
      };
    });
  });
}
