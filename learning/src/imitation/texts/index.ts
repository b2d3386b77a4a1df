/** Compares texts by their words, and masks names in them. */
export { nameMask } from './mask-names.js';
export { NearTexts, nearDuplicates } from './near-duplicates.js';
export { distinctShare, wordsOf } from './words.js';
