/** A run's report outside the terminal: gathers its parts from the coordinator, and writes it for TensorBoard. */
export { gatherReport } from './gather-report.js';
export { writeEvents } from './write-events.js';
