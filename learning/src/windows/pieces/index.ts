/** Pictures of sets in pieces. A piece is read together and kept as one cache entry; errors name a picture in it. */
export { Counters, type Counts } from './counters.js';
export { type OpenSet, openSet, pictureBytes } from './open-set.js';
export { PieceReader, type PlannedPiece } from './piece-reader.js';
export { encodedBytes, wantedPieces } from './pieces.js';
export { otherPixels, undecodable } from './window-errors.js';
