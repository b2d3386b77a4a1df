/** The id of a ticket depends on its content: each field is changed alone and must change the id, except `attempt`. */
import { expect, test } from 'vitest';
import { TICKET_MAX_BYTES } from '../src/limits.js';
import { Split, Ticket } from '../src/messages.js';
import { ticketId, ticketMessageId } from '../src/ticket.js';

const ticket = Ticket.fromPartial({
  teacherIdentity: Buffer.alloc(32, 1),
  datasetDigest: Buffer.alloc(32, 2),
  split: Split.SPLIT_TRAIN,
  view: 'v1,seed=7,shift=0.07,flip=1',
  viewEpoch: 3,
  order: { seed: 4294967295, epoch: 1000, byClass: false },
  firstPosition: 10_000_000,
  positionCount: 2048,
  outputs: ['logits'],
  attempt: 1,
});

test('ticketId does not depend on the attempts', () => {
  expect(ticketId({ ...ticket, attempt: 9 })).toBe(ticketId(ticket));
  expect(ticketId({ ...ticket, anewAttempt: 9 })).toBe(ticketId(ticket));
  expect(ticketId(Ticket.decode(Ticket.encode(ticket).finish()))).toBe(ticketId(ticket));
  expect(ticketId(ticket)).toMatch(/^[0-9a-f]{32}$/);
});

test('ticketId depends on every other field', () => {
  const others: Ticket[] = [
    { ...ticket, teacherIdentity: Buffer.alloc(32, 3) },
    { ...ticket, datasetDigest: Buffer.alloc(32, 3) },
    { ...ticket, split: Split.SPLIT_TEST },
    { ...ticket, view: 'identity' },
    { ...ticket, viewEpoch: 4 },
    { ...ticket, order: undefined },
    { ...ticket, order: { seed: 0, epoch: 0, byClass: false } },
    { ...ticket, order: { seed: 4294967295, epoch: 1000, byClass: true } },
    { ...ticket, firstPosition: 0 },
    { ...ticket, positionCount: 1 },
    { ...ticket, outputs: ['dense_2', 'logits'] },
  ];
  expect(new Set([ticket, ...others].map(ticketId)).size).toBe(others.length + 1);
});

test('ticketMessageId contains the id, the leader epoch and the attempt', () => {
  expect(ticketMessageId('a', 1, 2)).toBe('a/1/2');
});

test('an encoded ticket is shorter than 200 bytes, below TICKET_MAX_BYTES', () => {
  expect(Ticket.encode(ticket).finish().length).toBeLessThan(200);
  expect(200).toBeLessThan(TICKET_MAX_BYTES);
});
