/** What of black boxes' answers is kept: named rules, a file each, and the comparison of texts that some need. Pure. */
export * from './rules/index.js';
export { distinctShare, NearTexts, nameMask, wordsOf } from './texts/index.js';
