/** HTTP: calls of JSON endpoints, and limits of servers. */
export { endpointCaller } from './endpoint-caller.js';
export * from './http-call.js';
export { jsonOf } from './json-answer.js';
export * from './json-caller.js';
export { isRedirect } from './refusal-reason.js';
export * from './retry-after.js';
export { headersWithSecrets, withoutSecrets } from './secret-headers.js';
export { HTTP_CONNECTIONS_MAX, HTTP_SERVER_LIMITS } from './server-limits.js';
