/** Checks of the promises, from outside the machines: about asks and tickets, targets, the window. */
export { TargetRules } from './target-rules.js';
export { TICK_MS, TicketRules } from './ticket-rules.js';
export { Violation } from './violation.js';
