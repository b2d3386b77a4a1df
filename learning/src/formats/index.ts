/**
 * One folder a model format: each reads it, checks it, describes it and packs it as one file. `table.ts`
 * has all of them. Nothing here runs a model.
 */
export {
  answerPointer,
  callTokens,
  describeEndpoint,
  type EndpointPackage,
  endpointInputs,
  isTokenCount,
  listProblem,
  pngFile,
  promptTokens,
  readAnswer,
  requestBody,
  requireKnownClasses,
  thumbnailOf,
  valueAt,
} from './endpoint/index.js';
export { GraphInference, type GraphInferenceOptions } from './graphs/index.js';
export { encodeOnnxPackage, onnxPackageOf, readOnnxModel } from './onnx/index.js';
export { readTextFolder } from './onnx-text/index.js';
export {
  describePackagedModel,
  isTrainablePackage,
  type PackagedModel,
  type PackagedModelDescription,
  packagedModelLayers,
  parsePackagedModel,
  withSettings,
} from './packaged-model.js';
export {
  encodeRecordedPackage,
  type RecordedAnswers,
  type RecordedPackage,
  readRecordingLines,
  readRecordingNpz,
} from './recorded/index.js';
export { encodeRemotePackage, noiseOf, type RemotePackage } from './remote/index.js';
export { readSavedModelFolder } from './saved-model/index.js';
export {
  computesHere,
  engineOf,
  FORMAT_NAMES,
  type FormatName,
  formatAt,
  formatNamed,
  isAskedAtLoad,
  isPaidEngine,
  isRemoteEngine,
  isTrainable,
  isWrittenDown,
  type PackageOf,
} from './table.js';
export {
  describeModel,
  encodeModelPackage,
  type ModelPackage,
  parseModelPackage,
  readModelFolder,
} from './tensorflowjs/index.js';
