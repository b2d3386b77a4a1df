/** One assignment from its preparation to its end. */
export { StudentWorker } from './student-worker.js';
