// Single tickets, then many random orders of events. One rule must always hold: every wanted ticket is answered in
// the end, or its owners are told why not.
import { Ticket } from '@lyceum/proto';
import { describe, expect, it } from 'vitest';
import {
  HELD_LIMIT_MS,
  PROBE_AFTER_MS,
  TICKET_FAILURE_LIMIT,
  type TicketEffect,
} from '../../src/schedule/open-ticket.js';
import { TicketBook, UNHELD_PROBE_MS } from '../../src/schedule/ticket-book.js';
import { randomFrom } from '../random.js';

const TEACHER = 'aa';
const content = Ticket.fromPartial({ firstPosition: 0, positionCount: 8, outputs: ['logits'] });

function kinds(effects: readonly TicketEffect[]): string[] {
  return effects.map((e) => e.kind);
}

/** The attempt of the first publish among the effects. */
function attemptOf(effects: readonly TicketEffect[]): number {
  const publish = effects.find((e) => e.kind === 'publish');
  if (publish === undefined) throw new Error(`no publish among ${kinds(effects)}`);
  return publish.ticket.attempt;
}

/** A book with one ticket that w1 has in hand. */
function held(): { book: TicketBook; attempt: number } {
  const book = new TicketBook();
  const attempt = attemptOf(book.want('run', 't', content, TEACHER));
  book.published('t', attempt, 10, 0);
  book.taken('w1', 't', attempt, 5);
  return { book, attempt };
}

describe('TicketBook.ageMs', () => {
  it('counts from when the last issue was published, or taken if that was reported first', () => {
    const { book, attempt } = held();
    expect(book.ageMs('t', 25)).toBe(25);
    const again = attemptOf(
      book.returned('w1', 't', attempt, { reason: 'drains', retryable: true }, 30),
    );
    expect(book.ageMs('t', 31)).toBe(0);
    book.taken('w2', 't', again, 40);
    book.published('t', again, 11, 42);
    expect(book.ageMs('t', 50)).toBe(10);
    book.answered('t');
    expect(book.ageMs('t', 60)).toBeUndefined();
  });
});

describe('TicketBook.want', () => {
  it('publishes a ticket once for several owners, and removes it with the last', () => {
    const book = new TicketBook();
    const attempt = attemptOf(book.want('a', 't', content, TEACHER));
    expect(book.want('b', 't', content, TEACHER)).toEqual([]);
    book.published('t', attempt, 10, 0);
    expect(book.unwant('a', 't')).toEqual([]);
    expect(book.unwant('a', 't')).toEqual([]);
    expect(book.unwant('b', 't')).toEqual([{ kind: 'remove', sequence: 10 }]);
    expect(book.isWanted('t')).toBe(false);
  });

  it('removes a message whose publication is confirmed after its ticket was unwanted', () => {
    const book = new TicketBook();
    const attempt = attemptOf(book.want('a', 't', content, TEACHER));
    expect(book.unwant('a', 't')).toEqual([]);
    expect(book.published('t', attempt, 10, 0)).toEqual([{ kind: 'remove', sequence: 10 }]);
  });

  it('never repeats an attempt of a ticket', () => {
    const book = new TicketBook();
    const first = attemptOf(book.want('a', 't', content, TEACHER));
    book.unwant('a', 't');
    expect(attemptOf(book.want('a', 't', content, TEACHER))).not.toBe(first);
  });

  it('tells all owners of an answer, and removes the message', () => {
    const book = new TicketBook();
    const attempt = attemptOf(book.want('a', 't', content, TEACHER));
    book.want('b', 't', content, TEACHER);
    book.published('t', attempt, 10, 0);
    expect(book.answered('t')).toEqual([
      { kind: 'satisfied', id: 't', owners: ['a', 'b'] },
      { kind: 'remove', sequence: 10 },
    ]);
    expect(book.answered('t')).toEqual([]);
  });

  it('does not remove the message of an answered ticket that a worker has in hand', () => {
    const { book } = held();
    expect(kinds(book.answered('t'))).toEqual(['satisfied']);
  });
});

describe('TicketBook.discredited', () => {
  it('issues again the tickets of that teacher that the worker has in hand', () => {
    const { book } = held();
    const other = attemptOf(book.want('run', 'u', content, 'bb'));
    book.taken('w1', 'u', other, 5);
    const effects = book.discredited('w1', TEACHER, 6);
    expect(kinds(effects)).toEqual(['remove', 'reissued', 'publish']);
    expect(book.holderOf('u')).toBe('w1');
  });

  it('leaves the ticket without a holder until another worker takes it', () => {
    const { book } = held();
    expect(book.holderOf('t')).toBe('w1');
    const next = attemptOf(book.discredited('w1', TEACHER, 6));
    expect(book.holderOf('t')).toBeUndefined();
    book.taken('w2', 't', next, 7);
    expect(book.holderOf('t')).toBe('w2');
  });
});

describe('TicketBook and the queue', () => {
  it('publishes again with another attempt 1 s after a publication failed', () => {
    const book = new TicketBook();
    const attempt = attemptOf(book.want('a', 't', content, TEACHER));
    book.publishFailed('t', attempt, 0);
    expect(book.tick(500)).toEqual([]);
    expect(attemptOf(book.tick(1_000))).not.toBe(attempt);
  });

  it('accepts that a worker took a ticket before its publication is confirmed', () => {
    const book = new TicketBook();
    const attempt = attemptOf(book.want('a', 't', content, TEACHER));
    book.taken('w1', 't', attempt, 0);
    book.published('t', attempt, 10, 1);
    expect(book.holderOf('t')).toBe('w1');
  });
});

describe('TicketBook after a lost worker', () => {
  it('issues its tickets again at once, and removes the old messages', () => {
    const { book, attempt } = held();
    const effects = book.sessionEnded('w1', [TEACHER], 100);
    expect(kinds(effects)).toEqual(['remove', 'reissued', 'publish']);
    expect(attemptOf(effects)).not.toBe(attempt);
    expect(book.holderOf('t')).toBeUndefined();
  });

  it('leaves tickets of other workers alone', () => {
    const { book } = held();
    expect(book.sessionEnded('w2', [TEACHER], 100)).toEqual([]);
  });

  it('probes the queue soon after, and issues delivered tickets again that no worker took', () => {
    const book = new TicketBook();
    const attempt = attemptOf(book.want('a', 't', content, TEACHER));
    book.published('t', attempt, 10, 0);
    book.sessionEnded('w1', [TEACHER], 100);
    expect(book.tick(100 + PROBE_AFTER_MS - 1)).toEqual([]);
    expect(book.tick(100 + PROBE_AFTER_MS)).toEqual([{ kind: 'probe', teacher: TEACHER }]);
    expect(book.delivered(TEACHER, 9, 600)).toEqual([]);
    expect(kinds(book.delivered(TEACHER, 10, 600))).toEqual(['remove', 'reissued', 'publish']);
  });

  it('probes the queue after UNHELD_PROBE_MS even if no session ended', () => {
    const book = new TicketBook();
    const attempt = attemptOf(book.want('a', 't', content, TEACHER));
    book.published('t', attempt, 10, 0);
    expect(book.tick(0)).toEqual([]);
    expect(kinds(book.tick(UNHELD_PROBE_MS))).toEqual(['probe']);
  });

  it('issues a ticket again after HELD_LIMIT_MS without progress', () => {
    const { book } = held();
    book.progressed('t', 1_000);
    expect(book.tick(HELD_LIMIT_MS + 999)).toEqual([]);
    expect(kinds(book.tick(HELD_LIMIT_MS + 1_000))).toEqual(['remove', 'reissued', 'publish']);
  });

  it('ignores reports about an issue that was replaced', () => {
    const { book, attempt } = held();
    book.sessionEnded('w1', [TEACHER], 100);
    book.taken('w1', 't', attempt, 101);
    expect(book.holderOf('t')).toBeUndefined();
    expect(book.returned('w1', 't', attempt, { reason: 'x', retryable: true }, 102)).toEqual([]);
    expect(book.rejected('t', attempt, 'x', 103)).toEqual([]);
  });
});

describe('TicketBook.returned and rejected', () => {
  it('issues a ticket again at once the first time, and after a wait the second time', () => {
    const { book, attempt } = held();
    const returned = { reason: 'drains', retryable: true };
    const second = attemptOf(book.returned('w1', 't', attempt, returned, 10));
    book.published('t', second, 11, 10);
    book.taken('w2', 't', second, 10);
    expect(kinds(book.returned('w2', 't', second, returned, 20))).toEqual(['remove', 'reissued']);
    expect(book.tick(269)).toEqual([]);
    expect(kinds(book.tick(270))).toEqual(['publish']);
  });

  it('ignores a return by a worker that does not hold the ticket', () => {
    const { book, attempt } = held();
    expect(book.returned('w2', 't', attempt, { reason: 'x', retryable: true }, 10)).toEqual([]);
  });

  it.each([
    [
      'its answer is refused',
      (book: TicketBook, attempt: number, nowMs: number) =>
        book.rejected('t', attempt, 'not finite', nowMs),
    ],
    [
      'its worker hands it back and says that no retry helps',
      (book: TicketBook, attempt: number, nowMs: number) =>
        book.returned('w1', 't', attempt, { reason: 'not finite', retryable: false }, nowMs),
    ],
  ])('fails a ticket after TICKET_FAILURE_LIMIT failures, and tells its owners: %s', (_, fail) => {
    const book = new TicketBook();
    let effects = book.want('run', 't', content, TEACHER);
    let nowMs = 0;
    for (let failure = 1; failure < TICKET_FAILURE_LIMIT; failure++) {
      const attempt = attemptOf(effects);
      book.published('t', attempt, failure, nowMs);
      book.taken('w1', 't', attempt, nowMs);
      fail(book, attempt, nowMs);
      nowMs += 10_000;
      effects = book.tick(nowMs);
    }
    const last = attemptOf(effects);
    book.taken('w1', 't', last, nowMs);
    expect(fail(book, last, nowMs)).toContainEqual({
      kind: 'failed',
      id: 't',
      owners: ['run'],
      reason: 'not finite',
    });
    expect(book.size).toBe(0);
  });
});

/** Plays a queue and workers that die, forget, return and answer in any order. */
function playRandomly(seed: number): void {
  const random = randomFrom(seed);
  const upTo = (n: number) => Math.floor(random() * n);
  const book = new TicketBook();
  const open = new Set<string>();
  const queue: { id: string; attempt: number; sequence: number }[] = [];
  const hands: { worker: string; id: string; attempt: number; sequence: number }[] = [];
  let sequence = 0;
  let delivered = 0;
  let nowMs = 0;

  function apply(effects: readonly TicketEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'publish') {
        const { attempt } = effect.ticket;
        if (random() < 0.1) {
          book.publishFailed(effect.id, attempt, nowMs);
          continue;
        }
        sequence++;
        queue.push({ id: effect.id, attempt, sequence });
        apply(book.published(effect.id, attempt, sequence, nowMs));
      } else if (effect.kind === 'remove') {
        const at = queue.findIndex((m) => m.sequence === effect.sequence);
        if (at >= 0) queue.splice(at, 1);
      } else if (effect.kind === 'probe') apply(book.delivered(effect.teacher, delivered, nowMs));
      else if (effect.kind === 'satisfied') expect(open.delete(effect.id)).toBe(true);
      else if (effect.kind === 'failed') throw new Error('nothing is wrong with the tickets');
    }
  }

  for (let i = 0; i < 12; i++) {
    open.add(`t${i}`);
    apply(book.want('run', `t${i}`, content, TEACHER));
  }
  for (let turn = 0; turn < 5_000 && open.size > 0; turn++) {
    nowMs += upTo(400);
    const roll = random();
    const worker = `w${upTo(3)}`;
    const mine = hands.filter((h) => h.worker === worker);
    const first = mine[0];
    if (roll < 0.35) {
      const message = queue.shift();
      if (message === undefined) continue;
      delivered = Math.max(delivered, message.sequence);
      // One worker in five dies or forgets before it reports the ticket.
      if (random() < 0.2) continue;
      hands.push({ worker, ...message });
      book.taken(worker, message.id, message.attempt, nowMs);
    } else if (roll < 0.45) {
      for (const hand of mine) hands.splice(hands.indexOf(hand), 1);
      apply(book.sessionEnded(worker, [TEACHER], nowMs));
    } else if (roll < 0.55 && first !== undefined) {
      hands.splice(hands.indexOf(first), 1);
      const returned = { reason: 'drains', retryable: true };
      apply(book.returned(worker, first.id, first.attempt, returned, nowMs));
    } else if (roll < 0.7 && first !== undefined) {
      hands.splice(hands.indexOf(first), 1);
      apply(book.answered(first.id));
    } else apply(book.tick(nowMs));
  }
  expect(open.size).toBe(0);
  expect(book.size).toBe(0);
}

it('TicketBook has every ticket answered in 300 random orders of events', () => {
  for (let seed = 1; seed <= 300; seed++) playRandomly(seed);
});
