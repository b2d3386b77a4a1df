/** What all programs share: gRPC, HTTP, TLS, GPUs, local files, a program's start and end. */
export * from './files/index.js';
export * from './gpus/index.js';
export * from './http/index.js';
export * from './outside/index.js';
export * from './pacing/index.js';
export * from './process/index.js';
export * from './rpc/index.js';
export * from './tls/index.js';
