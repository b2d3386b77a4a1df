/** What is done to answers by the million numbers, on threads beside the event loop. */
export type { CombineRequest } from './combine-rows.js';
export { DataLoad } from './data-load.js';
export { DataThreads } from './data-threads.js';
export { valueProblem } from './encode-rows.js';
export { logitsOf, type StoredLogits, storedRows, storedWords } from './stored-logits.js';
