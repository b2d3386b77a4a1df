// One ticket; the clock is a number.
import { Ticket } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import { OpenTicket, TICKET_FAILURE_LIMIT } from '../../src/schedule/open-ticket.js';

const content = Ticket.fromPartial({ firstPosition: 0, positionCount: 8, outputs: ['logits'] });

function ticketOf(...owners: string[]): OpenTicket {
  let attempt = 0;
  const ticket = new OpenTicket('t', content, 'aa', () => ++attempt);
  for (const owner of owners) ticket.owners.add(owner);
  return ticket;
}

/** A ticket that w1 has in hand since time 5, as message 10. */
function held(...owners: string[]): OpenTicket {
  const ticket = ticketOf(...owners);
  ticket.publish();
  ticket.published(10, 0);
  ticket.taken('w1', 5);
  return ticket;
}

describe('OpenTicket', () => {
  it('is issued again with the next attempt, and tells its owners', () => {
    expect(ticketOf().publish()).toEqual({
      kind: 'publish',
      id: 't',
      ticket: { ...content, attempt: 1 },
    });
    const reason = 'the session of w1 ended';
    const ticket = { ...content, attempt: 2 };
    expect(held('a', 'b').sessionEnded('w1', 6)).toEqual([
      { kind: 'remove', sequence: 10 },
      { kind: 'reissued', id: 't', ticket, owners: ['a', 'b'], reason },
      { kind: 'publish', id: 't', ticket },
    ]);
  });

  it('is in trouble once it was given back twice', () => {
    const ticket = held();
    ticket.returned('drains', 6);
    expect(ticket.trouble).toBeUndefined();
    ticket.taken('w2', 7);
    ticket.returned('s3://sets/a.tar: no answer within 30 s', 8);
    expect(ticket.trouble).toBe('s3://sets/a.tar: no answer within 30 s');
  });

  it('waits longer each time it is given back, up to 5 s', () => {
    const ticket = held();
    const waits: number[] = [];
    for (let nowMs = 0; waits.length < 8; nowMs += 60_000) {
      ticket.taken('w1', nowMs);
      let effects = ticket.returned('drains', nowMs);
      let waitedMs = 0;
      while (!effects.some(({ kind }) => kind === 'publish') && waitedMs < 30_000) {
        waitedMs += 250;
        effects = ticket.tick(nowMs + waitedMs);
      }
      waits.push(waitedMs);
    }
    expect(waits).toEqual([0, 250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  });

  it('is hopeless after TICKET_FAILURE_LIMIT failures, not counting returns', () => {
    const ticket = held('a');
    for (let n = 1; n < 2 * TICKET_FAILURE_LIMIT; n++) ticket.returned('drains', n);
    for (let n = 1; n < TICKET_FAILURE_LIMIT; n++) ticket.failed('not finite', n);
    expect(ticket.isHopeless).toBe(false);
    expect(ticket.failed('not finite', 99)).toEqual([
      { kind: 'failed', id: 't', owners: ['a'], reason: 'not finite' },
    ]);
    expect(ticket.isHopeless).toBe(true);
  });

  it('stays in hand when its queue is lost, and removes no message of the new queue', () => {
    const ticket = held();
    expect(ticket.queueLost(6)).toEqual([]);
    expect(ticket.holder).toBe('w1');
    expect(ticket.sessionEnded('w1', 7).map(({ kind }) => kind)).toEqual(['reissued', 'publish']);
  });

  it('removes the message that the queue confirmed, also if the worker announced it before', () => {
    const ticket = ticketOf();
    ticket.publish();
    ticket.taken('w1', 1);
    ticket.published(10, 2);
    expect(ticket.holder).toBe('w1');
    expect(ticket.sessionEnded('w1', 3)[0]).toEqual({ kind: 'remove', sequence: 10 });
  });

  it('is issued again if it lay on a queue that is lost', () => {
    const ticket = ticketOf();
    ticket.publish();
    ticket.published(10, 0);
    expect(ticket.isOnQueue).toBe(true);
    expect(ticket.queueLost(6).map(({ kind }) => kind)).toEqual(['reissued', 'publish']);
    expect(ticket.forgotten()).toEqual([]);
  });

  it('stays where it is when another worker is discredited, or its session ends', () => {
    const ticket = held();
    expect(ticket.sessionEnded('w2', 6)).toEqual([]);
    expect(ticket.discredited('w2', 6)).toEqual([]);
    expect(ticket.holder).toBe('w1');
    expect(ticket.discredited('w1', 7).map(({ kind }) => kind)).toContain('reissued');
  });

  it('is issued again, later, when its holder’s answer does not count, and not for another', () => {
    const ticket = held();
    expect(ticket.spent('w2', 6)).toEqual([]);
    expect(ticket.spent('w1', 7).map(({ kind }) => kind)).toEqual(['remove', 'reissued']);
    expect(ticket.spent('w1', 8)).toEqual([]);
  });
});
