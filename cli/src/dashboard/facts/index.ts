/** Turns the coordinator's messages into facts for the page. Pure. */
export { type ComparedParts, comparisonFacts } from './comparison-facts.js';
export { EventWindow, eventRow } from './event-facts.js';
export { failureOf } from './failure.js';
export { logPage, logRequest } from './log-facts.js';
export { recentHistory } from './recent-history.js';
export { historyFacts, runFacts, runPage, runRow } from './run-facts.js';
export { workerFacts } from './worker-facts.js';
