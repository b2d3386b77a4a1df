/** What all models have in common, whatever their format: settings, description, class labels, inputs. */
export { ANSWER_NOISE, precisionOfDatatype } from './answer-noise.js';
export {
  agreedClasses,
  type ClassLabels,
  contradictionAt,
  different,
  labelsInMetadata,
  namesInText,
  userLabels,
} from './class-labels.js';
export {
  classOrder,
  inClassOrder,
  knownClassesOf,
  namedAsInSet,
  settingsOnSet,
} from './class-order.js';
export { classCountOf, logitsOf, ONE_NUMBER } from './class-scores.js';
export { inlineSettings, inlineSettingsProblems } from './inline-settings.js';
export {
  architectureLayers,
  architectureParameterCount,
  type LayerDescription,
} from './layers/index.js';
export { type ModelDescription, RAW_KINDS, type RawKind } from './model-description.js';
export {
  type ModelFormat,
  type ModelOnDisk,
  type PackageMembers,
  packageMembers,
  packedMember,
  packedSettings,
  packedText,
} from './model-format.js';
export { ModelInputs, sampleShapeError } from './model-inputs.js';
export {
  type Layout,
  type ModelSettings,
  parsePartialSettings,
  parseSettingsJson,
  settingsJson,
  teacherIdentity,
} from './model-settings.js';
export { COLUMNS_HINT, NUMBER_SETTINGS, strangeSettings } from './raw-settings.js';
export { studentSettingsProblem } from './student-settings.js';
export { columnPlaces, readsOneText } from './table-reading.js';
