/** What takes several calls of the coordinator to know. */

export { askComparison, type ComparisonClient } from './ask-comparison.js';
export { askRunFacts, type RunFactsClient } from './ask-run-facts.js';
