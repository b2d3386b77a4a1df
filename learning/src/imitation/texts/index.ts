/** Texts compared by their words. */
export { NearTexts, nearDuplicates } from './near-duplicates.js';
export { distinctShare, wordsOf } from './words.js';
