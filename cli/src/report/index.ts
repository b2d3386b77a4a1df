/** A run's report for readers outside the terminal: what it is written from, asked of the coordinator. */
export { gatherReport } from './gather-report.js';
export { writeEvents } from './write-events.js';
