/** Data sets, orders, views, array files and model packages, on plain arrays. No TensorFlow. */
export {
  ANSWER_NOISE,
  PRECISIONS,
  type Precision,
  precisionOfDatatype,
} from './answer-noise.js';
export { architectureLayers, architectureParameterCount } from './architecture-layers.js';
export {
  agreedClasses,
  type ClassLabels,
  contradictionAt,
  labelsInMetadata,
  namesInText,
} from './class-labels.js';
export * from './class-order.js';
export * from './class-spread-order.js';
export * from './dataset.js';
export {
  encodeDataset,
  encodeStoredDataset,
  parseDataset,
  parseStoredDataset,
} from './dataset-file.js';
export { describeModel } from './describe-model.js';
export { writeDurably } from './durable-file.js';
export {
  ENCODING_FILE,
  type Encoding,
  encodeSample,
  encodingDigest,
  encodingJson,
  encodingText,
  encodingWidth,
  parseEncoding,
} from './encoding/encoding.js';
export { encodeRow, type TableEncoding } from './encoding/table-encoding.js';
export { encodeText, type TextEncoding, textEncoding } from './encoding/text-encoding.js';
export * from './endpoint/endpoint-answers.js';
export { endpointInputs } from './endpoint/endpoint-inputs.js';
export {
  describeEndpoint,
  type EndpointPackage,
  encodeEndpointPackage,
} from './endpoint/endpoint-package.js';
export * from './endpoint/endpoint-request.js';
export { pngFile, pngOf } from './endpoint/png.js';
export { DEFAULT_SHARES, fixedSplits, type SplitShares } from './fixed-split.js';
export { readFolderFile } from './folder-file.js';
export type { GraphClassifier } from './graphs/graph-classifier.js';
export {
  GraphInference,
  type GraphInferenceOptions,
  type GraphOutput,
} from './graphs/graph-inference.js';
export type { ElementType } from './graphs/graph-outline.js';
export { tfjsGraphClassifier } from './graphs/tfjs-graph-package.js';
export { writeHardLabels } from './hard-labels.js';
export { fnv1a32, mulberry32 } from './hashing.js';
export { openCsvTable } from './import/csv-table.js';
export { importDataset } from './import/import-dataset.js';
export { type IdxFiles, importIdx } from './import/import-idx.js';
export * from './import/import-modalities.js';
export { importNpz } from './import/import-npz.js';
export * from './import/import-options.js';
export { importDigits, importFashion } from './import/import-packages.js';
export * from './import/import-source.js';
export type { ImportSummary } from './import/import-summary.js';
export { openJsonLinesTable } from './import/json-lines-table.js';
export { linesOf } from './import/lines.js';
export { type RawSample, rawSamples } from './import/raw-samples.js';
export { splitNamed } from './import/split-names.js';
export { utf8Text } from './import/utf8.js';
export * from './inline-settings.js';
export * from './labelled-mask.js';
export {
  MEASURED_TRAIN_SEED,
  measuredCount,
  measuredSamples,
} from './measured-samples.js';
export { type Mixup, mixupOf, mixupShare, pairSeed } from './mixup.js';
export type { ModelDescription } from './model-description.js';
export * from './model-folder.js';
export * from './model-inputs.js';
export { type LayerDescription, modelLayers } from './model-layers.js';
export {
  encodeModelPackage,
  type ModelPackage,
  packageWeightSpecs,
  parseModelPackage,
} from './model-package.js';
export * from './model-settings.js';
export type { WeightSpec } from './model-weights.js';
export { type NpyArray, npyHeader, readNpy, type TypedArray, writeNpy } from './npy.js';
export * from './npz.js';
export * from './numerics-version.js';
export { readOnnx } from './onnx/onnx-file.js';
export {
  classifierOf,
  encodeOnnxPackage,
  type OnnxPackage,
  onnxPackageOf,
} from './onnx/onnx-package.js';
export { readOnnxModel } from './onnx/read-onnx-file.js';
export * from './order.js';
export * from './packaged-model.js';
export * from './read-inputs.js';
export * from './recorded/read-recording.js';
export {
  encodeRecordedPackage,
  type RecordedAnswers,
  type RecordedPackage,
  type RecordedSet,
} from './recorded/recorded-package.js';
export * from './regressor-plan.js';
export * from './sample-texts.js';
export { seenShape } from './sample-view.js';
export { readSavedModelFolder } from './saved-model/read-saved-model.js';
export { SERVE_TAG } from './saved-model/saved-model-file.js';
export {
  encodeSavedModelPackage,
  type SavedModelPackage,
  savedModelClassifier,
} from './saved-model/saved-model-package.js';
export { type SharedSamples, sharedSamples, sharedSamplesText } from './shared-samples.js';
export { IDENTITY_VIEW, type ViewAt, viewAt, viewProblems } from './views.js';
export { ZipFile } from './zip-file.js';
