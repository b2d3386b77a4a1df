/** Texts compared by their words. */
export { nearDuplicates } from './near-duplicates.js';
export { distinctShare, wordsOf } from './words.js';
