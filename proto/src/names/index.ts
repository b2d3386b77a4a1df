/** Names of artifacts, outputs, modalities and secrets, and the subjects and roles in NATS. */
export * from './artifact-names.js';
export * from './modality-name.js';
export {
  NATS_ROLES,
  type NatsRole,
  natsAccounts,
  natsInbox,
  STORE_ACCOUNT,
} from './nats-roles.js';
export * from './output-names.js';
export { SECRET_NAME } from './secret-name.js';
export * from './subjects.js';
