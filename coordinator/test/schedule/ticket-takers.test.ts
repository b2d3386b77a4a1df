// Sessions as plain objects: who may take, answer and give back which issue of a ticket.
import { expect, it } from 'vitest';
import { TicketTakers } from '../../src/schedule/ticket-takers.js';

const taker = (workerId: string, key = workerId, allowed = true) => ({
  workerId,
  sessionKeyDigest: key,
  mayTake: () => allowed,
});
const issue = (attempt: number, id = 't') => ({ id, attempt, teacher: 'x' });
const [one, two] = [taker('w1'), taker('w2')];
const stranger = taker('w3', 'w3', false);

it('gives an issue to the session that takes it, and to no other', () => {
  const takers = new TicketTakers();
  expect(takers.take(one, issue(1))).toBe(true);
  expect(takers.holds(one, issue(1))).toBe(true);
  expect(takers.holds(two, issue(1))).toBe(false);
  expect(takers.holds(taker('w1', 'another process'), issue(1))).toBe(false);
});

it('lets a late answer count, whoever took the next issue', () => {
  const takers = new TicketTakers();
  takers.take(one, issue(1));
  takers.take(two, issue(2));
  expect(takers.holds(one, issue(1))).toBe(true);
  expect(takers.holds(one, issue(2))).toBe(false);
});

it('lets an answer overtake the word that its issue was taken', () => {
  const takers = new TicketTakers();
  expect(takers.holds(one, issue(1))).toBe(true);
});

it('lets a message that was delivered twice be answered by both', () => {
  const takers = new TicketTakers();
  takers.take(one, issue(1));
  expect(takers.take(two, issue(1))).toBe(true);
  expect(takers.holds(one, issue(1))).toBe(true);
});

it('never lets one have what the coordinator does not let it take', () => {
  const takers = new TicketTakers();
  expect(takers.take(stranger, issue(1))).toBe(false);
  expect(takers.holds(stranger, issue(1))).toBe(false);
  // Nor one that was let have it until it was quarantined.
  takers.take(one, issue(2));
  expect(takers.holds(taker('w1', 'w1', false), issue(2))).toBe(false);
});

it('takes from a discredited worker what it had until then, and what it takes before it is trusted again', () => {
  const takers = new TicketTakers();
  takers.take(one, issue(1));
  expect(takers.discredited('w1', 'x', 2)).toBe(2);
  expect(takers.told(taker('w1', 'w1', false), issue(3))).toBe(3);
  const lost = [1, 2, 3, 4].map((attempt) => takers.hasLost(one, issue(attempt)));
  expect(lost).toEqual([true, true, true, false]);
  expect(takers.holds(one, issue(1))).toBe(false);
  // The same of another teacher, and of another worker.
  expect(takers.holds(one, { ...issue(2), teacher: 'y' })).toBe(true);
  expect(takers.holds(two, issue(2))).toBe(true);
});

it('never gives a lost issue to its worker again: what it computed before it lost it may be under way', () => {
  const takers = new TicketTakers();
  // Of another coordinator, which had issued more.
  expect(takers.told(one, issue(9))).toBeUndefined();
  expect(takers.take(one, issue(9))).toBe(true);
  expect(takers.discredited('w1', 'x', 2)).toBe(9);
  // Its message comes once more.
  expect(takers.told(one, issue(9))).toBe(9);
  expect(takers.take(one, issue(9))).toBe(false);
  expect(takers.holds(one, issue(9))).toBe(false);
  expect(takers.told(one, issue(10))).toBeUndefined();
  expect(takers.take(one, issue(10))).toBe(true);
});

it('believes nobody who says that it took an issue with a number that none has', () => {
  const takers = new TicketTakers();
  takers.told(one, issue(2 ** 32 - 1));
  expect(takers.discredited('w1', 'x', 2)).toBe(2);
});

it('remembers nothing of what a worker says it took that was never let have any', () => {
  const takers = new TicketTakers();
  expect(takers.told(stranger, issue(5))).toBeUndefined();
  expect(takers.hasLost(stranger, issue(5))).toBe(false);
});

it('remembers only so many issues of a ticket, and none of one that nobody wants', () => {
  const takers = new TicketTakers();
  for (let attempt = 1; attempt <= 1_000; attempt++) takers.take(one, issue(attempt));
  expect(takers.holds(two, issue(1_000))).toBe(false);
  // What is forgotten is open again, to those who may.
  expect(takers.holds(two, issue(1))).toBe(true);
  takers.forget('t');
  expect(takers.holds(two, issue(1_000))).toBe(true);
});
