/** The contract between the programs: messages, frames, names, limits, errors. Platform-free but for hashing. */
export * from './digest.js';
export * from './element-count.js';
export * from './errors.js';
export * from './limits.js';
export * from './messages.js';
export * from './modality-name.js';
export * from './names.js';
export {
  NATS_ROLES,
  type NatsRole,
  natsAccounts,
  natsInbox,
  openNatsAccounts,
  STORE_ACCOUNT,
} from './nats-roles.js';
export * from './output-names.js';
export * from './printable.js';
export { SECRET_NAME } from './secret-name.js';
export * from './shown-text.js';
export * from './subjects.js';
export * from './tensor-frames.js';
export * from './ticket.js';
