/** Indexes one shard in one pass: tar, TFRecord, Parquet, or pictures that are files. */
export { CountedObjects } from './counted-objects.js';
export { indexFiles } from './index-folder.js';
export {
  type FoundLabel,
  type IndexOptions,
  isPictureEnding,
  type LabelPlace,
  PICTURE_ENDINGS,
  parseLabelPlace,
  readShardRows,
  type ShardRows,
  writeShardRows,
} from './rows/index.js';
export { SHARD_INDEXERS } from './table.js';
export { BLOCK_BYTES } from './tar/index.js';
