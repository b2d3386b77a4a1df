/** The promises, each checked from outside: of asks and tickets, of targets, of the window. */
export { TargetRules } from './target-rules.js';
export { TICK_MS, TicketRules } from './ticket-rules.js';
export { Violation } from './violation.js';
