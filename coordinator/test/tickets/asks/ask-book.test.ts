// Each test tells the book what happens and compares the actions that follow, in their order, with those by hand.
import { expect, test } from 'vitest';
import { TICKET_FAILURE_LIMIT } from '../../../src/schedule/index.js';
import { AskBook } from '../../../src/tickets/asks/index.js';
import { anAsk, anAsker, aTaker, TEACHER } from './an-ask.js';

const ask = anAsk();
const anna = anAsker('anna');
const ben = anAsker('ben');

/** Anna's ask is a ticket on its queue, as message 7. */
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

test('an ask is looked up first, and satisfied without a ticket where all answers are stored', () => {
  const book = new AskBook();
  expect(book.asked(anna, ask)).toEqual([{ kind: 'look-up', asker: anna, ask }]);
  expect(book.asked(anna, ask)).toEqual([]);
  expect([book.openCount, book.askedCount]).toEqual([0, 1]);
  expect(book.lookedUp(anna, ask, true)).toEqual([
    { kind: 'satisfied', asker: anna, askId: ask.id },
  ]);
  expect([book.openCount, book.askedCount]).toEqual([0, 0]);
});

test('an ask that cannot be looked up fails', () => {
  const book = new AskBook();
  book.asked(anna, ask);
  const failed = { kind: 'failed', asker: anna, askId: ask.id, reason: 'bad disk' };
  expect(book.lookUpFailed(anna, ask, 'bad disk')).toEqual([failed]);
  expect(book.askedCount).toBe(0);
});

test('a look-up that fails late is told neither who withdrew nor who asks again under that name', () => {
  const book = new AskBook();
  book.asked(anna, ask);
  book.withdrawn(anna, ask.id);
  expect(book.lookUpFailed(anna, ask, 'bad disk')).toEqual([]);
  book.asked(anAsker('anna'), ask);
  expect(book.lookUpFailed(anna, ask, 'bad disk')).toEqual([]);
  expect(book.askedCount).toBe(1);
});

test('equal asks are one ticket, and everybody is told', () => {
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

test('who has withdrawn is told nothing more, and the last one takes the ticket along', () => {
  const book = bookWithTicket();
  book.asked(ben, ask);
  expect(book.withdrawn(ben, ask.id)).toEqual([]);
  expect(book.lookedUp(ben, ask, false)).toEqual([]);
  expect(book.lookUpFailed(ben, ask, 'bad disk')).toEqual([]);
  expect(book.withdrawn(anna, ask.id)).toEqual([{ kind: 'remove', sequence: 7 }]);
  expect(book.find(one, issue(1))).toEqual([]);
  expect(book.askedCount).toBe(0);
});

test('a stranger of the same name withdraws nothing', () => {
  const book = bookWithTicket();
  expect(book.withdrawn(anAsker('anna'), ask.id)).toEqual([]);
  expect(book.find(one, issue(1))).toEqual([ask]);
});

test('a ticket has one ask for each place that its answers go to', () => {
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

test('what a session held is issued again when it ends, for the runs that ask', () => {
  const book = bookWithTicket();
  book.taken(aTaker('w1'), issued(1), 7, 0);
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

test('only who took a ticket may answer it or give it back', () => {
  const book = bookWithTicket();
  const issue = { id: ask.id, attempt: 1, teacher: TEACHER };
  book.taken(aTaker('w1', false), issued(1), 7, 0);
  expect(book.inHandCount('w1')).toBe(0);
  book.taken(aTaker('w1'), issued(1), 7, 0);
  expect(book.holds(aTaker('w1'), issue)).toBe(true);
  expect(book.holds(aTaker('w2'), issue)).toBe(false);
  const returned = { reason: 'busy', retryable: true };
  const another = { ...aTaker('w1'), sessionKeyDigest: 'another key' };
  expect(book.returned(another, issued(1), returned, 0)).toEqual([]);
  expect(book.returned(aTaker('w2'), issued(1), returned, 0)).toEqual([]);
  expect(book.returned(aTaker('w1'), issued(1), returned, 0)).toHaveLength(3);
});

test('a ticket of before it was withdrawn is not the last issue once it is wanted again', () => {
  const book = bookWithTicket();
  expect(book.isLastIssue(issued(1))).toBe(true);
  book.withdrawn(anna, ask.id);
  expect(book.isLastIssue(issued(1))).toBe(false);
  book.asked(anna, ask);
  book.lookedUp(anna, ask, false);
  expect(book.isLastIssue(issued(1))).toBe(false);
  expect(book.isLastIssue(issued(2))).toBe(true);
});

test('a run is told why its tickets come back again and again, and another run is not', () => {
  const book = bookWithTicket();
  const reason = 's3://sets/a.tar: no answer within 30 s';
  for (let attempt = 1; attempt <= 2; attempt++) {
    expect(book.trouble('run of anna', TEACHER)).toBeUndefined();
    book.taken(aTaker('w1'), issued(attempt), 7, 0);
    book.returned(aTaker('w1'), issued(attempt), { reason, retryable: true }, 0);
  }
  expect(book.trouble('run of anna', TEACHER)).toBe(reason);
  expect(book.trouble('run of ben', TEACHER)).toBeUndefined();
  expect(book.trouble('run of anna', 'another teacher')).toBeUndefined();
});

test('a ticket that nobody wants is in nobody’s hands', () => {
  const book = new AskBook();
  book.taken(aTaker('w1'), issued(1), 7, 0);
  expect(book.holds(aTaker('w2'), { id: ask.id, attempt: 1, teacher: TEACHER })).toBe(true);
});

test('answers of a worker that is quarantined meanwhile are of no use, though it be released', () => {
  const book = bookWithTicket();
  book.taken(one, issued(1), 7, 0);
  book.discredited('w1', TEACHER, 0);
  expect(book.find(one, issue(1))).toEqual([]);
  // Nor once the ticket is wanted anew.
  book.withdrawn(anna, ask.id);
  book.asked(anna, ask);
  book.lookedUp(anna, ask, false);
  expect(book.find(one, issue(1))).toEqual([]);
  expect(book.find(aTaker('w2'), issue(1))).toEqual([ask]);
});

test('what a worker takes before it hears of its quarantine is issued again, a little later', () => {
  const book = bookWithTicket();
  book.discredited('w1', TEACHER, 0);
  const distrusted = aTaker('w1', false);
  const effects = book.taken(distrusted, issued(1), 7, 0);
  expect(effects.map(({ kind }) => kind)).toEqual(['remove', 'reissued']);
  expect(book.tick(10_000)).toMatchObject([{ kind: 'publish', ticket: { attempt: 2 } }]);
  book.published(ask.id, 2, 8, 10_000);
  book.taken(distrusted, issued(2), 8, 10_000);
  // The next one that it takes once it is released and tested is its own.
  book.tick(20_000);
  expect(book.find(one, issue(2))).toEqual([]);
  expect(book.find(one, issue(3))).toEqual([ask]);
});

test('a ticket is issued again whose answer counts for nothing, since it overtook the word that it was taken', () => {
  const book = bookWithTicket();
  book.discredited('w1', TEACHER, 0);
  // It is trusted again, takes what lay on the queue all the time, and its answer comes first.
  expect(book.find(one, issue(1))).toEqual([]);
  const effects = book.spent(one, issued(1), 0);
  expect(effects.map(({ kind }) => kind)).toEqual(['remove', 'reissued']);
  expect(book.taken(one, issued(1), 7, 0)).toEqual([]);
  expect(book.inHandCount('w1')).toBe(0);
  expect(book.tick(10_000)).toMatchObject([{ kind: 'publish', ticket: { attempt: 2 } }]);
  expect(book.find(one, issue(2))).toEqual([ask]);
});

test('a ticket stays with the worker that has it, where one that lost it got its message too', () => {
  const book = bookWithTicket();
  book.discredited('w1', TEACHER, 0);
  const two = aTaker('w2');
  book.taken(two, issued(1), 7, 0);
  // Its lease ran out while w2 stood still. The answer of w1 counts for nothing, and overtakes its word.
  expect(book.spent(one, issued(1), 0)).toEqual([]);
  expect(book.taken(one, issued(1), 7, 0)).toEqual([]);
  expect(book.inHandCount('w2')).toBe(1);
  const effects = book.sessionEnded('w2', [TEACHER], 0);
  expect(effects.map(({ kind }) => kind)).toContain('publish');
});

test('the next issue is one that a discredited worker has not lost, whatever an earlier coordinator gave it', () => {
  const book = bookWithTicket();
  book.taken(one, issued(40), 7, 0);
  book.discredited('w1', TEACHER, 0);
  expect(book.find(one, issue(40))).toEqual([]);
  expect(book.taken(one, issued(1), 8, 0).map(({ kind }) => kind)).toEqual(['remove', 'reissued']);
  expect(book.tick(10_000)).toMatchObject([{ kind: 'publish', ticket: { attempt: 41 } }]);
  expect(book.find(one, issue(41))).toEqual([ask]);
});

test('so is one that it took while its rows were coming', () => {
  const book = bookWithTicket();
  book.taken(one, issued(1), 7, 0);
  expect(book.spent(aTaker('w2'), issued(1), 0)).toEqual([]);
  const effects = book.spent(one, issued(1), 0);
  expect(effects.map(({ kind }) => kind)).toEqual(['remove', 'reissued']);
  // Once.
  expect(book.spent(one, issued(1), 0)).toEqual([]);
  expect(book.spent(one, issued(2), 0)).toEqual([]);
});

test('what it took wrongly is not taken from another that has it in hand', () => {
  const book = bookWithTicket();
  book.discredited('w1', TEACHER, 0);
  book.taken(aTaker('w2'), issued(1), 7, 0);
  expect(book.taken(aTaker('w1', false), issued(1), 7, 0)).toEqual([]);
  expect(book.inHandCount('w2')).toBe(1);
});

test('a worker that never was to have it cannot have it issued again', () => {
  const book = bookWithTicket();
  expect(book.taken(aTaker('w1', false), issued(1), 7, 0)).toEqual([]);
});

test('who asks is told after the last wrong answer', () => {
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

test('knows which run waits for which teacher', () => {
  const book = bookWithTicket();
  expect(book.asksTeacher(TEACHER)).toBe(true);
  expect(book.awaits('run of anna', TEACHER)).toBe(true);
  expect(book.awaits('run of ben', TEACHER)).toBe(false);
  expect(book.awaits('run of anna', 'ef'.repeat(32))).toBe(false);
});
