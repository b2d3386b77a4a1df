/** Functions of tensors as one TensorFlow graph; `trace-step.ts` explains the purpose. */
export { traceStep } from './trace-step.js';
export { TracedStep } from './traced-step.js';
