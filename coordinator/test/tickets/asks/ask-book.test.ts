// Each test tells the book what happens, and checks the actions that follow in order.
import { expect, test } from 'vitest';
import { TICKET_FAILURE_LIMIT } from '../../../src/schedule/index.js';
import { AskBook } from '../../../src/tickets/asks/index.js';
import { anAsk, anAsker, aTaker, TEACHER } from './an-ask.js';

const ask = anAsk();
const anna = anAsker('anna');
const ben = anAsker('ben');

/** A book in which anna's ask is a ticket on the queue, as message 7. */
function bookWithTicket(): AskBook {
  const book = new AskBook();
  book.asked(anna, ask);
  book.lookedUp(anna, ask, false);
  book.published(ask.id, 1, 7, 0);
  return book;
}

const one = aTaker('w1');
const issue = (attempt: number) => ({ id: ask.id, attempt, teacher: TEACHER });
const issued = (attempt: number) => ({ ...ask.ticket, attempt });

test('AskBook looks an ask up first, and satisfies it without a ticket if all answers are stored', () => {
  const book = new AskBook();
  expect(book.asked(anna, ask)).toEqual([{ kind: 'look-up', asker: anna, ask }]);
  expect(book.asked(anna, ask)).toEqual([]);
  expect([book.openCount, book.askedCount]).toEqual([0, 1]);
  expect(book.lookedUp(anna, ask, true)).toEqual([
    { kind: 'satisfied', asker: anna, askId: ask.id },
  ]);
  expect([book.openCount, book.askedCount]).toEqual([0, 0]);
});

test('AskBook fails an ask whose look-up fails', () => {
  const book = new AskBook();
  book.asked(anna, ask);
  const failed = { kind: 'failed', asker: anna, askId: ask.id, reason: 'bad disk' };
  expect(book.lookUpFailed(anna, ask, 'bad disk')).toEqual([failed]);
  expect(book.askedCount).toBe(0);
});

test('AskBook ignores a failed look-up of a withdrawn ask, also for a new asker of the same id', () => {
  const book = new AskBook();
  book.asked(anna, ask);
  book.withdrawn(anna, ask.id);
  expect(book.lookUpFailed(anna, ask, 'bad disk')).toEqual([]);
  book.asked(anAsker('anna'), ask);
  expect(book.lookUpFailed(anna, ask, 'bad disk')).toEqual([]);
  expect(book.askedCount).toBe(1);
});

test('AskBook makes equal asks one ticket, and satisfies all askers', () => {
  const book = bookWithTicket();
  book.asked(ben, ask);
  expect(book.lookedUp(ben, ask, false)).toEqual([]);
  expect(book.runsAsking(ask.id)).toEqual(['run of anna', 'run of ben']);
  expect(book.answered(ask.id)).toEqual([
    { kind: 'satisfied', asker: anna, askId: ask.id },
    { kind: 'satisfied', asker: ben, askId: ask.id },
    { kind: 'remove', sequence: 7 },
  ]);
  expect([book.openCount, book.askedCount]).toEqual([0, 0]);
  expect(book.answered(ask.id)).toEqual([]);
});

test('AskBook tells a withdrawn asker nothing, and removes the ticket with the last asker', () => {
  const book = bookWithTicket();
  book.asked(ben, ask);
  expect(book.withdrawn(ben, ask.id)).toEqual([]);
  expect(book.lookedUp(ben, ask, false)).toEqual([]);
  expect(book.lookUpFailed(ben, ask, 'bad disk')).toEqual([]);
  expect(book.withdrawn(anna, ask.id)).toEqual([{ kind: 'remove', sequence: 7 }]);
  expect(book.find(one, issue(1))).toEqual([]);
  expect(book.askedCount).toBe(0);
});

test('AskBook ignores a withdrawal by another asker of the same id', () => {
  const book = bookWithTicket();
  expect(book.withdrawn(anAsker('anna'), ask.id)).toEqual([]);
  expect(book.find(one, issue(1))).toEqual([ask]);
});

test('AskBook finds one ask of a ticket for each table or receiver of its answers', () => {
  const book = bookWithTicket();
  const half = anAsk({ codec: 'float16' });
  const own = { ...ask, receive: () => {} };
  for (const [asker, each] of [
    [ben, half],
    [anAsker('carl'), ask],
    [anAsker('dora'), own],
  ] as const) {
    book.asked(asker, each);
    book.lookedUp(asker, each, false);
  }
  expect(book.find(one, issue(1))).toEqual([ask, half, own]);
  expect(book.openCount).toBe(1);
});

test('AskBook issues the tickets of an ended session again, and names the runs that ask', () => {
  const book = bookWithTicket();
  book.taken(aTaker('w1'), issued(1), 0);
  expect(book.inHandCount('w1')).toBe(1);
  expect(book.sessionEnded('w1', [TEACHER], 0)).toEqual([
    { kind: 'remove', sequence: 7 },
    {
      kind: 'reissued',
      runIds: ['run of anna'],
      ticket: issued(2),
      reason: 'the session of w1 ended',
    },
    { kind: 'publish', id: ask.id, ticket: issued(2) },
  ]);
});

test('AskBook lets only the session that took a ticket answer or return it', () => {
  const book = bookWithTicket();
  const issue = { id: ask.id, attempt: 1, teacher: TEACHER };
  book.taken(aTaker('w1', false), issued(1), 0);
  expect(book.inHandCount('w1')).toBe(0);
  book.taken(aTaker('w1'), issued(1), 0);
  expect(book.holds(aTaker('w1'), issue)).toBe(true);
  expect(book.holds(aTaker('w2'), issue)).toBe(false);
  const returned = { reason: 'busy', retryable: true };
  const another = { ...aTaker('w1'), sessionKeyDigest: 'another key' };
  expect(book.returned(another, issued(1), returned, 0)).toEqual([]);
  expect(book.returned(aTaker('w2'), issued(1), returned, 0)).toEqual([]);
  expect(book.returned(aTaker('w1'), issued(1), returned, 0)).toHaveLength(3);
});

test('AskBook does not take an issue from before a withdrawal for the last issue', () => {
  const book = bookWithTicket();
  expect(book.isLastIssue(issued(1))).toBe(true);
  book.withdrawn(anna, ask.id);
  expect(book.isLastIssue(issued(1))).toBe(false);
  book.asked(anna, ask);
  book.lookedUp(anna, ask, false);
  expect(book.isLastIssue(issued(1))).toBe(false);
  expect(book.isLastIssue(issued(2))).toBe(true);
});

test('AskBook.trouble is the reason of repeated returns, only for a run that asks the teacher', () => {
  const book = bookWithTicket();
  const reason = 's3://sets/a.tar: no answer within 30 s';
  for (let attempt = 1; attempt <= 2; attempt++) {
    expect(book.trouble('run of anna', TEACHER)).toBeUndefined();
    book.taken(aTaker('w1'), issued(attempt), 0);
    book.returned(aTaker('w1'), issued(attempt), { reason, retryable: true }, 0);
  }
  expect(book.trouble('run of anna', TEACHER)).toBe(reason);
  expect(book.trouble('run of ben', TEACHER)).toBeUndefined();
  expect(book.trouble('run of anna', 'another teacher')).toBeUndefined();
});

test('AskBook gives no worker a ticket without an ask', () => {
  const book = new AskBook();
  book.taken(aTaker('w1'), issued(1), 0);
  expect(book.holds(aTaker('w2'), { id: ask.id, attempt: 1, teacher: TEACHER })).toBe(true);
});

test('AskBook finds no ask for an issue that a worker held when it was discredited', () => {
  const book = bookWithTicket();
  book.taken(one, issued(1), 0);
  book.discredited('w1', TEACHER, 0);
  expect(book.find(one, issue(1))).toEqual([]);
  // The same holds when the ticket is wanted again.
  book.withdrawn(anna, ask.id);
  book.asked(anna, ask);
  book.lookedUp(anna, ask, false);
  expect(book.find(one, issue(1))).toEqual([]);
  expect(book.find(aTaker('w2'), issue(1))).toEqual([ask]);
});

test('AskBook issues a ticket again that a discredited worker takes', () => {
  const book = bookWithTicket();
  book.discredited('w1', TEACHER, 0);
  const distrusted = aTaker('w1', false);
  const effects = book.taken(distrusted, issued(1), 0);
  expect(effects.map(({ kind }) => kind)).toEqual(['remove', 'reissued']);
  expect(book.tick(10_000)).toMatchObject([{ kind: 'publish', ticket: { attempt: 2 } }]);
  book.published(ask.id, 2, 8, 10_000);
  book.taken(distrusted, issued(2), 10_000);
  // The next issue that it takes after release and self-test is its own.
  book.tick(20_000);
  expect(book.find(one, issue(2))).toEqual([]);
  expect(book.find(one, issue(3))).toEqual([ask]);
});

test('AskBook issues a ticket again whose useless answer came before the report that it was taken', () => {
  const book = bookWithTicket();
  book.discredited('w1', TEACHER, 0);
  // The worker is trusted again, takes the old message, and its answer comes first.
  expect(book.find(one, issue(1))).toEqual([]);
  const effects = book.spent(one, issued(1), 0);
  expect(effects.map(({ kind }) => kind)).toEqual(['remove', 'reissued']);
  expect(book.taken(one, issued(1), 0)).toEqual([]);
  expect(book.inHandCount('w1')).toBe(0);
  expect(book.tick(10_000)).toMatchObject([{ kind: 'publish', ticket: { attempt: 2 } }]);
  expect(book.find(one, issue(2))).toEqual([ask]);
});

test('AskBook leaves a ticket with its holder when a worker that lost it got the message too', () => {
  const book = bookWithTicket();
  book.discredited('w1', TEACHER, 0);
  const two = aTaker('w2');
  book.taken(two, issued(1), 0);
  // The lease of w2 ran out. The answer of w1 is useless, and comes before its report.
  expect(book.spent(one, issued(1), 0)).toEqual([]);
  expect(book.taken(one, issued(1), 0)).toEqual([]);
  expect(book.inHandCount('w2')).toBe(1);
  const effects = book.sessionEnded('w2', [TEACHER], 0);
  expect(effects.map(({ kind }) => kind)).toContain('publish');
});

test('AskBook numbers the next issue above all that a discredited worker lost', () => {
  const book = bookWithTicket();
  book.taken(one, issued(40), 0);
  book.discredited('w1', TEACHER, 0);
  expect(book.find(one, issue(40))).toEqual([]);
  expect(book.taken(one, issued(1), 0).map(({ kind }) => kind)).toEqual(['remove', 'reissued']);
  expect(book.tick(10_000)).toMatchObject([{ kind: 'publish', ticket: { attempt: 41 } }]);
  expect(book.find(one, issue(41))).toEqual([ask]);
});

test('AskBook.spent issues a ticket again once, for its holder only', () => {
  const book = bookWithTicket();
  book.taken(one, issued(1), 0);
  expect(book.spent(aTaker('w2'), issued(1), 0)).toEqual([]);
  const effects = book.spent(one, issued(1), 0);
  expect(effects.map(({ kind }) => kind)).toEqual(['remove', 'reissued']);
  // A second call issues nothing.
  expect(book.spent(one, issued(1), 0)).toEqual([]);
  expect(book.spent(one, issued(2), 0)).toEqual([]);
});

test('AskBook leaves a ticket with its holder when a discredited worker takes it too', () => {
  const book = bookWithTicket();
  book.discredited('w1', TEACHER, 0);
  book.taken(aTaker('w2'), issued(1), 0);
  expect(book.taken(aTaker('w1', false), issued(1), 0)).toEqual([]);
  expect(book.inHandCount('w2')).toBe(1);
});

test('AskBook ignores a take by a worker that may not take the ticket', () => {
  const book = bookWithTicket();
  expect(book.taken(aTaker('w1', false), issued(1), 0)).toEqual([]);
});

test('AskBook fails an ask after TICKET_FAILURE_LIMIT rejected answers', () => {
  const book = bookWithTicket();
  for (let attempt = 1; attempt < TICKET_FAILURE_LIMIT; attempt++) {
    const kinds = book.rejected(ask.id, attempt, 'not finite', 0).map(({ kind }) => kind);
    expect(kinds).not.toContain('failed');
  }
  expect(book.rejected(ask.id, TICKET_FAILURE_LIMIT, 'not finite', 0)).toEqual([
    { kind: 'failed', asker: anna, askId: ask.id, reason: 'not finite' },
  ]);
  expect([book.openCount, book.askedCount]).toEqual([0, 0]);
});

test('AskBook.awaits is true for a run and a teacher that it asks', () => {
  const book = bookWithTicket();
  expect(book.asksTeacher(TEACHER)).toBe(true);
  expect(book.awaits('run of anna', TEACHER)).toBe(true);
  expect(book.awaits('run of ben', TEACHER)).toBe(false);
  expect(book.awaits('run of anna', 'ef'.repeat(32))).toBe(false);
});
