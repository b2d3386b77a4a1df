/** HTTP: calls of JSON endpoints. */
export { endpointCaller } from './endpoint-caller.js';
export * from './http-call.js';
export * from './json-caller.js';
export * from './retry-after.js';
export { headersWithSecrets } from './secret-headers.js';
