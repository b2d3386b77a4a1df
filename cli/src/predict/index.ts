export type { Prediction } from './student-folder.js';
