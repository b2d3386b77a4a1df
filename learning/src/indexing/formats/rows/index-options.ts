/** How shards are read. */
import type { PictureDecoder } from '../../../pictures/index.js';
import type { LabelPlace } from './label-place.js';

export interface IndexOptions {
  /** Absent: `.cls` files, the class of Parquet, and the feature `label` or `image/class/label` of TFRecords. */
  readonly label?: LabelPlace | undefined;
  /** Of tars the ending of pictures, of Parquet their column, of TFRecords their feature. Absent: what looks like one. */
  readonly image?: string | undefined;
  /** Absent: pictures are not decoded. */
  readonly decode?: PictureDecoder | undefined;
}
