/** The files between stages: JSON lines, read strictly. A line that was written survives any crash. */
export { LinesFile, parseLines, readLines } from './lines-file.js';
