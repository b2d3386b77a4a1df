/** What all processes share on Node: gRPC, NATS, logs, shutdown, probes, local files. */
export * from './backoff.js';
export * from './blob-cache.js';
export * from './interrupt.js';
export * from './lifecycle.js';
export * from './listen.js';
export * from './logger.js';
export type { BlobStore } from './nats-blobs.js';
export * from './nats-connection.js';
export type { EventLog } from './nats-events.js';
export type { KeyValue } from './nats-key-value.js';
export * from './nats-server.js';
export type { TakenTicket, TicketSource } from './nats-ticket-source.js';
export { ACK_WAIT_MS, type TicketQueue } from './nats-tickets.js';
export * from './probes.js';
export * from './rpc-client.js';
export * from './rpc-handlers.js';
export * from './rpc-server.js';
export * from './services.js';
