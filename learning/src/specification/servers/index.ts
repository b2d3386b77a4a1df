/** Outside servers, as people describe them: how they are asked and what their models are like. */
export {
  checkEndpoint,
  type Endpoint,
  type EndpointOfPrompts,
  endpointJsonSchema,
  endpointOfPrompts,
  endpointProblems,
  hasPrice,
  INPUT_PLACEHOLDER,
  INPUTS_PLACEHOLDER,
  parseEndpoint,
} from './endpoint-schema.js';
export { writtenKeyProblems } from './header-schema.js';
export {
  checkInferenceDescription,
  checkRemoteModelDocument,
  type Example,
  type FoundModel,
  type InferenceDescription,
  type InferenceTensorMetadata,
  type InlineInference,
  inlineInference,
  type RemoteModelDocument,
} from './inference-schema.js';
