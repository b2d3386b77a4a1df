/**
 * NATS: tickets, records, blobs and events; a private server. A door of its own, so that a program that only calls the
 * coordinator does not load it.
 */
export * from './await-nats.js';
export { BlobCache, type BlobStore } from './blobs/index.js';
export { checkedAddress, hostOf, portOf, shownAddress } from './nats-address.js';
export * from './nats-connection.js';
export * from './nats-credentials.js';
export type { EventLog, LoggedEvent } from './nats-events.js';
export { type KeyValue, writeIfUnchanged } from './nats-key-value.js';
export * from './nats-server.js';
export type { TakenTicket, TicketSource } from './nats-ticket-source.js';
export { ACK_WAIT_MS, type TicketQueue } from './nats-tickets.js';
