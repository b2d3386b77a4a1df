/**
 * Decides which answers of black boxes are kept: named rules, one file for each, and the comparison of texts. Pure.
 */
export * from './rules/index.js';
export { distinctShare, NearTexts, nameMask, wordsOf } from './texts/index.js';
