/**
 * A ticket as a value: its content digest, and its canonical encoding.
 *
 * Two tickets of equal content ask for the same values, from whichever coordinator they come; `attempt` and `anewAttempt` are not content.
 */
import { createHash } from 'node:crypto';
import { Ticket } from './generated/lyceum/v1/tensor.js';

/**
 * Digest of all that fixes the wanted values: 32 hex digits of SHA-256 over the encoding with both attempts 0.
 * proto3's encoding is canonical for one writer, and this is the only one.
 */
export function ticketId(ticket: Ticket): string {
  return createHash('sha256')
    .update(Ticket.encode({ ...ticket, attempt: 0, anewAttempt: 0 }).finish())
    .digest('hex')
    .slice(0, 32);
}

/** JetStream message id of one issue of a ticket; a re-issue must differ or it is dropped as a duplicate. */
export function ticketMessageId(id: string, leaderEpoch: number, attempt: number): string {
  return `${id}/${leaderEpoch}/${attempt}`;
}
