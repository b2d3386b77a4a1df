/** What rows of outputs must be: finite, distributions, independent of each other; and how a span is cut into inferences. */
export { finalAnswers, outputsOfLogits } from './class-tensors.js';
export { requireFinite } from './finite.js';
export { INFERENCE_ROWS, inferenceRanges } from './inference-ranges.js';
export { medianLatencyMs } from './median-latency.js';
export { OutsideFailure } from './outside-failure.js';
export { logarithms, requireDistributions, SUM_TOLERANCE } from './probability-rows.js';
export { requireRowIndependence } from './row-independence.js';
export { type ServiceUse, usedTogether } from './service-use.js';
export {
  type AnswerRequest,
  type AnswerTensor,
  type EngineOpener,
  type OpenTeacher,
  opensAnyOf,
  type TeacherDescription,
  type TeacherEngine,
  type TeacherPlacement,
} from './teacher-engine.js';
