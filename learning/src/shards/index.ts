/**
 * Encoded pictures of sets in shards: which bytes of objects are read together, and the check that they are the
 * registered ones.
 */
export { objectBuffer } from './object-buffer.js';
export type { ObjectReader } from './object-reader.js';
export { pictureText, pictureUrl } from './picture-place.js';
export { GAP_BYTES, REQUEST_MAX_BYTES } from './picture-ranges.js';
export { isRegistered } from './registered.js';
export { type EncodedPictures, ShardPictures } from './shard-pictures.js';
