/** How shards are indexed. */
import type { PictureDecoder } from '../../../pictures/index.js';
import type { LabelPlace } from './label-place.js';

export interface IndexOptions {
  /**
   * Where labels are. Absent: `.cls` files, Parquet's class, and the feature `label` or `image/class/label` of
   * TFRecords.
   */
  readonly label?: LabelPlace | undefined;
  /**
   * In tars the ending of pictures, in Parquet their column, in TFRecords their feature. Absent: what looks like a
   * picture.
   */
  readonly image?: string | undefined;
  /** Absent: pictures are not decoded. */
  readonly decode?: PictureDecoder | undefined;
}
