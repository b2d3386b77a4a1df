/**
 * What the formats that hold a graph of operations share: which operations are allowed, and which output answers.
 */
export { ALLOWED_OPERATIONS, RESTORING_OPERATION } from './allowed-operations.js';
export type {
  GraphClassifier,
  GraphFormat,
} from './graph-classifier.js';
export {
  completeSettings,
  describeGraph,
  type GraphDescription,
  requireClassifier,
  requirePackedClassifier,
} from './graph-description.js';
export {
  GraphInference,
  type GraphInferenceOptions,
  type GraphOutput,
  outputWidth,
} from './graph-inference.js';
export {
  CELL_TYPES,
  type CellType,
  type ElementType,
  type GraphOutline,
  type GraphValue,
  type GraphWeights,
  graphValueText,
} from './graph-outline.js';
export { type RawClassifier, requireRawClassifier } from './raw-classifier.js';
export {
  columnsOf,
  describeTable,
  readsColumns,
  requireTableClassifier,
  type TableClassifier,
  type TableInput,
  tableInputs,
} from './table-classifier.js';
export {
  boundInputs,
  type InputCells,
  inputCells,
  requireTable,
  TableInference,
} from './table-inference.js';
export {
  nodeNameOf,
  PASSING_OPERATIONS,
  SAVED_MODEL,
  TENSORFLOW_JS,
  TENSORFLOW_TYPES,
} from './tensorflow-format.js';
