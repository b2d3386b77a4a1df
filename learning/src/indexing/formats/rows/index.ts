/** What is found in a shard, whatever its format: rows, labels and what looks like a picture. */
export { type ByteQueue, readBytes } from './byte-queue.js';
export type { IndexOptions } from './index-options.js';
export { type LabelPlace, parseLabelPlace } from './label-place.js';
export { isPictureEnding, looksLikePicture, PICTURE_ENDINGS } from './picture-signature.js';
export { type FoundLabel, RowsBuilder, type ShardRows, tooLarge } from './shard-rows.js';
export { readShardRows, writeShardRows } from './shard-rows-file.js';
