/** Texts compared by their words, and masked. */
export { nameMask } from './mask-names.js';
export { NearTexts, nearDuplicates } from './near-duplicates.js';
export { distinctShare, wordsOf } from './words.js';
