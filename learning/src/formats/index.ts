/**
 * One folder a model format: each reads it, checks it, describes it and packs it as one file. `packaged-model.ts`
 * tells them apart. Nothing here runs a model.
 */
export {
  answerPointer,
  describeEndpoint,
  type EndpointPackage,
  encodeEndpointPackage,
  endpointInputs,
  pngFile,
  readAnswer,
  requestBody,
  requireKnownClasses,
  valueAt,
} from './endpoint/index.js';
export { GraphInference, type GraphInferenceOptions } from './graphs/index.js';
export { encodeOnnxPackage, type OnnxPackage, onnxPackageOf, readOnnxModel } from './onnx/index.js';
export {
  describePackagedModel,
  ENGINE_OF,
  isRemoteEngine,
  MODEL_FORMATS,
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
export {
  encodeSavedModelPackage,
  readSavedModelFolder,
  type SavedModelPackage,
} from './saved-model/index.js';
export {
  describeModel,
  encodeModelPackage,
  type ModelPackage,
  parseModelPackage,
  readModelFolder,
} from './tensorflowjs/index.js';
