/** From samples of a set in shards to their encoded pictures: which bytes of which objects, planned and read. */
export type { ObjectReader } from './object-reader.js';
export { pictureUrl } from './picture-url.js';
export { encodedBytes, pieceEnds, type WantedPiece, wantedPieces } from './pieces.js';
export { ShardPictures } from './shard-pictures.js';
