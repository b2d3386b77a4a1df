/** Reads what is in one shard, in one pass: tar, Parquet, pictures that are files. */
export { CountedObjects } from './counted-objects.js';
export { indexFiles } from './index-folder.js';
export type { IndexOptions } from './index-options.js';
export { type LabelPlace, parseLabelPlace } from './label-place.js';
export { isPictureEnding, PICTURE_ENDINGS } from './picture-signature.js';
export type { FoundLabel, ShardRows } from './shard-rows.js';
export { readShardRows, writeShardRows } from './shard-rows-file.js';
export { SHARD_INDEXERS } from './table.js';
export { BLOCK_BYTES } from './tar-header.js';
