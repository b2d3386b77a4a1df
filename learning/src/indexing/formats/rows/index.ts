/** What is found in a shard of any format: rows, labels and files that look like pictures. */
export { type ByteQueue, readBytes } from './byte-queue.js';
export type { IndexOptions } from './index-options.js';
export { type LabelPlace, parseLabelPlace } from './label-place.js';
export { isPictureEnding, looksLikePicture, PICTURE_ENDINGS } from './picture-signature.js';
export { type FoundLabel, RowsBuilder, type ShardRows, tooLarge } from './shard-rows.js';
export { readShardRows, writeShardRows } from './shard-rows-file.js';
