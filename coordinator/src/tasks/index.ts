/** Runs a function of a built module in one of a few threads. */
export { runTask } from './run-task.js';
