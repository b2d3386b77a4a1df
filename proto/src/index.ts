/** The contract between the programs: messages, run specification, names, limits, errors. Platform-free but for hashing. */
export * from './checkpoint-pointer.js';
export * from './digest.js';
export { pathText } from './document-schema.js';
export * from './element-count.js';
export * from './endpoint-schema.js';
export * from './errors.js';
export {
  type FeatureTermSettings,
  hintLayers,
  isFeatureTerm,
} from './feature-terms-schema.js';
export type { Headers } from './header-schema.js';
export * from './imitation-schema.js';
export {
  checkInferenceDescription,
  checkRemoteModelDocument,
  type FoundModel,
  type InferenceDescription,
  type InferenceTensorMetadata,
  type InlineInference,
  type RemoteModelDocument,
} from './inference-schema.js';
export * from './limits.js';
export * from './messages.js';
export * from './modality-name.js';
export * from './names.js';
export {
  NATS_ROLES,
  type NatsRole,
  natsAccounts,
  natsInbox,
  openNatsAccounts,
  STORE_ACCOUNT,
} from './nats-roles.js';
export { AEKD_MAX_TEACHERS } from './objective-rules.js';
export * from './output-names.js';
export * from './printable.js';
export * from './run-specification.js';
export { SECRET_NAME } from './secret-name.js';
export * from './shown-text.js';
export { tooManyParameters } from './student-size.js';
export * from './subjects.js';
export { CANARY_CALLS } from './teacher-health-schema.js';
export * from './tensor-frames.js';
export * from './ticket.js';
export * from './yaml-document.js';
