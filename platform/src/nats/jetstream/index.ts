/** The base of all NATS code here: its errors in our words, streams made and read, room reserved. */
export { lastMessage, nextMessage } from './direct-get.js';
export { ensureStream } from './ensure-stream.js';
export { isMessageMissing, isMissing, natsError } from './nats-errors.js';
export { patiently } from './patiently.js';
export { Reserve } from './reserve.js';
