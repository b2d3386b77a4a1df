/**
 * When what is asked and sent: the run's schedule on its grid of spans, the book of tickets, the states of a run. Pure
 * state machines: no clock, no network, no files.
 */
export { firstAffectedStep, viewKey } from './first-affected-step.js';
export { PROBE_AFTER_MS, TICKET_FAILURE_LIMIT, type TicketEffect } from './open-ticket.js';
export * from './run-schedule.js';
export {
  checkTransition,
  hasEnded,
  isAssigned,
  RUN_STATES,
  type RunStateName,
} from './run-state.js';
export * from './span-decisions.js';
export * from './span-grid.js';
export * from './ticket-book.js';
export { type TicketIssue, type TicketTaker, TicketTakers } from './ticket-takers.js';
export {
  leastWindowBytes,
  studentWindowSteps,
  teacherWindowSteps,
  ticketsInHand,
} from './work-ahead.js';
