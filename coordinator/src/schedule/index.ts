/** The door to the schedule's pure state machines, for the simulator. */
export * from './run-schedule.js';
export * from './span-decisions.js';
export * from './span-grid.js';
export * from './ticket-book.js';
