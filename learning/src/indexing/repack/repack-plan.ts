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
const SHARD_MIN_ROWS = 256;

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
 * The samples of each split by chunks, mixed over a shard: so a shard is made of its own chunks, each read once.
 *
 * @param seed - of the order.
 */
export function repackPlan(
  set: Pick<DatasetSamples, 'splits' | 'chunkEnds'>,
  { height, width, channels }: PictureGrid,
  format: PictureFormat,
  seed: number,
): RepackedShard[] {
  const pictureBytes = height * width * channels * ENCODED_SHARE[format];
  const fitting = Math.floor(SHARD_BYTES / pictureBytes);
  const blockPositions = Math.min(SHARD_MAX_ROWS, Math.max(SHARD_MIN_ROWS, fitting));
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
        samples: orderedSamples(samples, set.chunkEnds, order, first, positions),
      };
    });
  });
}
