/** Encoded pictures of sets in shards: which bytes of which objects, read together, and checked against what was registered. */
export { objectBuffer } from './object-buffer.js';
export type { ObjectReader } from './object-reader.js';
export { pictureText, pictureUrl } from './picture-place.js';
export { GAP_BYTES, REQUEST_MAX_BYTES } from './picture-ranges.js';
export { isRegistered } from './registered.js';
export { type EncodedPictures, ShardPictures } from './shard-pictures.js';
