/** How shards are read. */
import type { PictureDecoder } from '../../pictures/index.js';
import type { LabelPlace } from './label-place.js';

export interface IndexOptions {
  /** Absent: `.cls` files, and the class of Parquet. */
  readonly label?: LabelPlace | undefined;
  /** Of tars the ending of pictures, of Parquet their column. Absent: what looks like one. */
  readonly image?: string | undefined;
  /** Absent: pictures are not decoded. */
  readonly decode?: PictureDecoder | undefined;
}
