/** The contract of an engine, which runs teachers' models, and what engines have in common. */
export { medianLatencyMs } from './median-latency.js';
export { OutsideFailure } from './outside-failure.js';
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
