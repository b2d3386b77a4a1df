/**
 * The id of a ticket: a digest of its content.
 *
 * Two tickets of equal content ask for the same values, also if they come from different coordinators. `attempt` and
 * `anewAttempt` are not content.
 */
import { createHash } from 'node:crypto';
import { Ticket } from './generated/lyceum/v1/tensor.js';

/**
 * Digest of the ticket's content: 32 hex digits of SHA-256 over its encoding with both attempts set to 0. One proto3
 * encoder always writes the same bytes, and this is the only encoder used for ids.
 */
export function ticketId(ticket: Ticket): string {
  return createHash('sha256')
    .update(Ticket.encode({ ...ticket, attempt: 0, anewAttempt: 0 }).finish())
    .digest('hex')
    .slice(0, 32);
}

/** JetStream message id of one issue of a ticket. A re-issue needs another id: JetStream drops duplicates. */
export function ticketMessageId(id: string, leaderEpoch: number, attempt: number): string {
  return `${id}/${leaderEpoch}/${attempt}`;
}
