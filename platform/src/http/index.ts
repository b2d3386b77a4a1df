/** HTTP: calls of JSON endpoints, and the probes that a program answers. */
export { endpointCaller } from './endpoint-caller.js';
export * from './http-call.js';
export * from './json-caller.js';
export * from './probes.js';
export * from './retry-after.js';
export { headersWithSecrets } from './secret-headers.js';
