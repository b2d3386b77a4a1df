/** HTTP: calls of JSON endpoints, and servers. */
export { boundedServer } from './bounded-server.js';
export { endpointCaller } from './endpoint-caller.js';
export * from './http-call.js';
export { jsonOf } from './json-answer.js';
export * from './json-caller.js';
export { isRedirect } from './refusal-reason.js';
export * from './retry-after.js';
export { headersWithSecrets, withoutSecrets } from './secret-headers.js';
export { strangeRequest } from './strange-request.js';
