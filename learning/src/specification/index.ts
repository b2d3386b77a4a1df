/** What people write: runs, imitations, endpoints, described servers; the rules between their fields. */
/** @public The types of run records in other packages name both. */
export type { ArchitectureSettings } from '../architectures/index.js';
/** @public */
export type { LearningRateSettings } from '../learning-rates/index.js';
export { CANARY_SAMPLES, PICTURE_VIEWS, type ViewSettings, views } from './distillation/index.js';
export type { Ask } from './imitation-ask-schema.js';
export type { Questions } from './imitation-questions-schema.js';
export {
  CONSENSUS,
  EXPLAINED,
  type ImitationModel,
  INPUT,
  imitationModels,
  imitationRuns,
  type PlannedRun,
  type SeedRuns,
} from './imitation-run.js';
export {
  checkImitation,
  type Imitation,
  type ImitationInputs,
  type ImitationTeacher,
  imitationJsonSchema,
  parseImitation,
  ruleContext,
} from './imitation-schema.js';
export {
  checkRunSpecification,
  normalisedText,
  parseRunSpecification,
  runSpecificationJsonSchema,
  specificationDigest,
  yamlMarkCount,
} from './run-specification.js';
export type {
  DistillationSpecification,
  LabelSettings,
  RunSpecification,
} from './run-specification-schema.js';
export {
  checkEndpoint,
  checkInferenceDescription,
  checkRemoteModelDocument,
  type Endpoint,
  type Example,
  endpointJsonSchema,
  type FoundModel,
  hasPrice,
  INPUT_PLACEHOLDER,
  INPUTS_PLACEHOLDER,
  type InferenceDescription,
  type InferenceTensorMetadata,
  type InlineInference,
  parseEndpoint,
  type RemoteModelDocument,
  writtenKeyProblems,
} from './servers/index.js';
export { tooManyParameters } from './student-size.js';
