/** The files between stages: JSON lines, read strictly and written so that no kill loses what counted. */
export { LinesFile, parseLines, readLines } from './lines-file.js';
