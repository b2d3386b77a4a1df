/** Uses a pulled student on texts, rows and pictures, without a cluster. */
export type { Prediction, StudentInput } from './student-folder.js';
