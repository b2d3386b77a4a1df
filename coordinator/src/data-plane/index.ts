/** Encodes and combines answers, in threads beside the event loop. */
export { type CombineRequest, combineRows } from './combine-rows.js';
export { DataLoad } from './data-load.js';
export { DataThreads } from './data-threads.js';
export { encodeRows, valueProblem } from './encode-rows.js';
export { logitsOf, type StoredLogits, storedRows, storedWords } from './stored-logits.js';
