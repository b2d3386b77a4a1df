/** Facts that take several calls of the coordinator. */

export { askComparison, type ComparisonClient } from './ask-comparison.js';
export { askRunFacts, type RunFactsClient } from './ask-run-facts.js';
