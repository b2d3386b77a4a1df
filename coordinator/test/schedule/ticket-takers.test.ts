// Sessions are plain objects.
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

it('TicketTakers gives an issue to the session that takes it, and to no other', () => {
  const takers = new TicketTakers();
  expect(takers.take(one, issue(1))).toBe(true);
  expect(takers.holds(one, issue(1))).toBe(true);
  expect(takers.holds(two, issue(1))).toBe(false);
  expect(takers.holds(taker('w1', 'another process'), issue(1))).toBe(false);
});

it('TicketTakers lets a session still answer its issue after another took the next issue', () => {
  const takers = new TicketTakers();
  takers.take(one, issue(1));
  takers.take(two, issue(2));
  expect(takers.holds(one, issue(1))).toBe(true);
  expect(takers.holds(one, issue(2))).toBe(false);
});

it('TicketTakers lets a session answer an issue before it reports that it took it', () => {
  const takers = new TicketTakers();
  expect(takers.holds(one, issue(1))).toBe(true);
});

it('TicketTakers lets a second session take a message that was delivered twice', () => {
  const takers = new TicketTakers();
  takers.take(one, issue(1));
  expect(takers.take(two, issue(1))).toBe(true);
  expect(takers.holds(one, issue(1))).toBe(true);
});

it('TicketTakers gives no issue to a session that may not take it, or no longer may', () => {
  const takers = new TicketTakers();
  expect(takers.take(stranger, issue(1))).toBe(false);
  expect(takers.holds(stranger, issue(1))).toBe(false);
  // A session that took the issue before it was quarantined.
  takers.take(one, issue(2));
  expect(takers.holds(taker('w1', 'w1', false), issue(2))).toBe(false);
});

it('TicketTakers takes issues from a discredited worker, also later ones until it may take again', () => {
  const takers = new TicketTakers();
  takers.take(one, issue(1));
  expect(takers.discredited('w1', 'x', 2)).toBe(2);
  expect(takers.told(taker('w1', 'w1', false), issue(3))).toBe(3);
  const lost = [1, 2, 3, 4].map((attempt) => takers.hasLost(one, issue(attempt)));
  expect(lost).toEqual([true, true, true, false]);
  expect(takers.holds(one, issue(1))).toBe(false);
  // Issues of another teacher and of another worker stay.
  expect(takers.holds(one, { ...issue(2), teacher: 'y' })).toBe(true);
  expect(takers.holds(two, issue(2))).toBe(true);
});

it('TicketTakers never gives a lost issue to its worker again', () => {
  const takers = new TicketTakers();
  // An issue of another coordinator, which had issued more.
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

it('TicketTakers ignores a reported issue with an impossible number', () => {
  const takers = new TicketTakers();
  takers.told(one, issue(2 ** 32 - 1));
  expect(takers.discredited('w1', 'x', 2)).toBe(2);
});

it('TicketTakers remembers no issue of a session that may not take any', () => {
  const takers = new TicketTakers();
  expect(takers.told(stranger, issue(5))).toBeUndefined();
  expect(takers.hasLost(stranger, issue(5))).toBe(false);
});

it('TicketTakers remembers a limited number of issues of a ticket, and none after forget', () => {
  const takers = new TicketTakers();
  for (let attempt = 1; attempt <= 1_000; attempt++) takers.take(one, issue(attempt));
  expect(takers.holds(two, issue(1_000))).toBe(false);
  // A forgotten issue is open again to sessions that may take it.
  expect(takers.holds(two, issue(1))).toBe(true);
  takers.forget('t');
  expect(takers.holds(two, issue(1_000))).toBe(true);
});
