/** A pulled student, used on texts, rows and pictures without a cluster. */
export type { Prediction, StudentInput } from './student-folder.js';
