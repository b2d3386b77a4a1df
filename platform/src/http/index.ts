/** HTTP: calls of JSON endpoints, and the probes that a program answers. */
export * from './http-call.js';
export * from './json-caller.js';
export * from './probes.js';
export * from './retry-after.js';
export * from './secret-headers.js';
