/** Tries one model on some samples, without a cluster. */
export { tryCommand } from './try-command.js';
