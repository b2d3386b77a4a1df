/** Pictures of sets in pieces: what is read together, kept as one entry of the cache, and named when it is not what it should be. */
export { Counters, type Counts } from './counters.js';
export { type OpenSet, openSet, pictureBytes } from './open-set.js';
export { PieceReader, type PlannedPiece } from './piece-reader.js';
export { encodedBytes, wantedPieces } from './pieces.js';
export { otherPixels, undecodable } from './window-errors.js';
