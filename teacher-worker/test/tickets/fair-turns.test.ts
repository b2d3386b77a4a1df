/** Teachers with queues of different length; the order of turns is written down. */
import { expect, it } from 'vitest';
import { FairTurns, nextInRotation } from '../../src/tickets/fair-turns.js';

const NEVER = new AbortController().signal;

it('nextInRotation goes round the teachers that wait', () => {
  expect(nextInRotation(['c', 'a', 'b'], undefined)).toBe('a');
  expect(nextInRotation(['c', 'a', 'b'], 'a')).toBe('b');
  expect(nextInRotation(['c', 'a'], 'b')).toBe('c');
  expect(nextInRotation(['c', 'a'], 'c')).toBe('a');
  expect(nextInRotation(['a'], 'a')).toBe('a');
  expect(nextInRotation([], 'a')).toBeUndefined();
});

/** Lets every promise that can settle do so. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

it('FairTurns gives a long queue no more turns than a short one, one turn at a time', async () => {
  const turns = new FairTurns(1);
  const order: string[] = [];
  const ends: (() => void)[] = [];
  for (const identity of ['a', 'a', 'a', 'a', 'b', 'b', 'c']) {
    void turns.take(identity, NEVER).then((end) => {
      order.push(identity);
      ends.push(end);
    });
  }
  for (let turn = 0; turn < 7; turn += 1) {
    await settle();
    expect(order).toHaveLength(turn + 1);
    ends[turn]?.();
  }
  expect(order).toEqual(['a', 'b', 'c', 'a', 'b', 'a', 'a']);
});

it('FairTurns gives as many turns at a time as its limit, in the same order', async () => {
  const turns = new FairTurns(2);
  const order: string[] = [];
  const ends: (() => void)[] = [];
  for (const identity of ['a', 'a', 'b', 'c']) {
    void turns.take(identity, NEVER).then((end) => {
      order.push(identity);
      ends.push(end);
    });
  }
  await settle();
  expect(order).toEqual(['a', 'a']);
  ends[0]?.();
  await settle();
  expect(order).toEqual(['a', 'a', 'b']);
  ends[2]?.();
  ends[1]?.();
  await settle();
  expect(order).toEqual(['a', 'a', 'b', 'c']);
});

it('FairTurns lets a waiting ticket leave, and goes on without it', async () => {
  const turns = new FairTurns(1);
  const leaving = new AbortController();
  const end = await turns.take('a', NEVER);
  const left = turns.take('b', leaving.signal);
  const next = turns.take('c', NEVER);
  leaving.abort(new Error('handed back'));
  await expect(left).rejects.toThrow('handed back');
  end();
  await expect(next).resolves.toBeTypeOf('function');
});

it('FairTurns gives no turn to a ticket that has left already', async () => {
  const turns = new FairTurns(1);
  await expect(turns.take('a', AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
  await expect(turns.take('a', NEVER)).resolves.toBeTypeOf('function');
});
