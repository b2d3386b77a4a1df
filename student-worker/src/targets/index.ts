/** The targets of one assignment, received in order and credited. */
export { TargetCursor } from './target-cursor.js';
export { TargetStream } from './target-stream.js';
