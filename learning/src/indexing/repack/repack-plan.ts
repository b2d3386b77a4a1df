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

/** A shard is in memory while it is made. */
const SHARD_BYTES = 128 * 1024 * 1024;
const SHARD_MAX_ROWS = 8192;

/**
 * Neighbours that are read, and written to the same shard, together: a request for each picture costs too much, and whole
 * chunks of a set that is sorted by class would give a shard few classes.
 */
const RUN_ROWS = 8;

/** Of decoded bytes, what an encoded picture takes at most, as a rule. */
const ENCODED_SHARE: Readonly<Record<PictureFormat, number>> = { jpeg: 0.25, webp: 0.25, png: 1 };

export interface RepackedShard {
  /** `train-0007.tar`. */
  readonly name: string;
  readonly split: SplitName;
  /** In the order in which they are written. */
  readonly samples: Uint32Array;
}

/**
 * Where runs end: chunks, cut. Of Parquet they are whole, since a row group is read whole.
 *
 * @param isWhole - of the chunk that begins with the sample.
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
 * The samples of each split by runs, mixed over a shard: so a shard is made of its own runs, each read once.
 *
 * @param ends - of runs.
 * @param seed - of the order.
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
