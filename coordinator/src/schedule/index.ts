/**
 * When what is asked and sent: the run's schedule on its grid of spans, the book of tickets, the states of a run. Pure
 * state machines: no clock, no network, no files.
 */
export * from './run-schedule.js';
export * from './span-decisions.js';
export * from './span-grid.js';
export * from './ticket-book.js';
