/** Models behind servers that speak the Open Inference Protocol v2: asked, described, watched. */
export { ANSWER_TOLERANCE, answersDiffer } from './canaries.js';
export { findModel, requireUnchanged, requireUnchangedMetadata } from './find-model.js';
export { patientServer } from './inference-server.js';
export { openInferenceServer } from './open-inference-server.js';
export { canaryQuestion, questionReader, requireSamples } from './questions.js';
export { RefusedRequestError, RemoteModel } from './remote-model.js';
export {
  checkedElementCount,
  rawNumbers,
  rawTexts,
  tensorNumbers,
  tensorTexts,
  typedNumbers,
} from './tensor-bytes.js';
