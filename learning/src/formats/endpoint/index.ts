/** Models behind an HTTP address of the user's own: the request, the answer, the package. */
export { answerPointer, readAnswer, requireKnownClasses, valueAt } from './endpoint-answers.js';
export { endpointInputs } from './endpoint-inputs.js';
export {
  describeEndpoint,
  ENDPOINT_MEMBER,
  type EndpointPackage,
  encodeEndpointPackage,
  parseEndpointPackage,
} from './endpoint-package.js';
export { requestBody } from './endpoint-request.js';
export { pngFile } from './png.js';
