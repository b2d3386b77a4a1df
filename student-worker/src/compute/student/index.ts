/** The student in training: its model and its steps, its batches, and how it is measured. */
export { type Batch, BatchSource } from './batch-source.js';
export { Evaluation } from './evaluation.js';
export { SampleWindows } from './sample-windows.js';
export { studentModality } from './start-model.js';
export { type StoredTensor, Student } from './student.js';
