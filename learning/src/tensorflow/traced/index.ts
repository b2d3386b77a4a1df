/** Functions of tensors as one TensorFlow graph: `trace-step.ts` says what for. */
export { traceStep } from './trace-step.js';
export { TracedStep } from './traced-step.js';
