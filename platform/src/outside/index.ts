/** Which servers a document may make a program call: addresses, and the hosts of each secret. */
export * from './address-guard.js';
export * from './callee.js';
export * from './outside.js';
export * from './secrets.js';
export * from './shown-url.js';
