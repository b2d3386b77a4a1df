/** Tars as shards. */
export { indexTar } from './index-tar.js';
export { BLOCK_BYTES } from './tar-header.js';
