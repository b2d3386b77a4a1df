/** gRPC: servers, clients and their streams, with the services of the contract. */
export * from './first-end.js';
export * from './inference-client.js';
export * from './rpc-client.js';
export * from './rpc-handlers.js';
export * from './rpc-server.js';
export { HttpStatusError } from './rpc-status.js';
export * from './services.js';
export * from './session-key.js';
export * from './target-service.js';
