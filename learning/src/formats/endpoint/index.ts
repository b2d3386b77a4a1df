/** Models behind an HTTP address of the user's own: the request, the answer, the package. */

export { endpoint } from './endpoint.js';
export {
  answerPointer,
  listProblem,
  readAnswer,
  requireKnownClasses,
  valueAt,
} from './endpoint-answers.js';
export { endpointInputs } from './endpoint-inputs.js';
export {
  describeEndpoint,
  type EndpointPackage,
} from './endpoint-package.js';
export { requestBody } from './endpoint-request.js';
export { callTokens, isTokenCount, promptTokens } from './endpoint-tokens.js';
export { pngFile, thumbnailOf } from './png.js';
