/** `WritingPlan`: how many texts of which class each teacher writes; oracles are counts by hand. */
import { expect, it } from 'vitest';
import {
  FRUITLESS_CALLS,
  WritingPlan,
  type Written,
} from '../../../src/imitation/questions/writing-plan.js';

const lines = (count: number, teacher: string, wanted: string | undefined, dropped?: string) =>
  Array.from({ length: count }, (): Written => ({ teacher, wanted, dropped }));

/** All calls that the teacher may make now, as `class×count`. */
function calls(plan: WritingPlan, teacher: string): string[] {
  const found: string[] = [];
  for (let call = plan.next(teacher); call !== undefined; call = plan.next(teacher)) {
    found.push(`${call.wanted}×${call.count}`);
  }
  return found;
}

it('WritingPlan splits the wanted count equally between classes and teachers', () => {
  const plan = new WritingPlan({ count: 20, perCall: 3 }, ['x', 'y', 'z'], ['a', 'b'], []);
  // 7 of x, 7 of y, 6 of z; the first teacher writes the remainders.
  expect([plan.openOf('a'), plan.openOf('b')]).toEqual([4 + 4 + 3, 3 + 3 + 3]);
  expect(calls(plan, 'a')).toEqual(['x×3', 'y×3', 'z×3', 'x×1', 'y×1']);
  expect(calls(plan, 'b')).toEqual(['x×3', 'y×3', 'z×3']);
});

it('WritingPlan makes up for unequal counts of earlier texts', () => {
  const written = [
    ...lines(5, 'a', 'x'),
    ...lines(1, 'b', 'y'),
    ...lines(9, 'b', 'y', 'short'),
    ...lines(1, 'gone', 'w'),
  ];
  const plan = new WritingPlan({ count: 17, perCall: 50 }, ['x', 'y'], ['a', 'b'], written);
  // 10 are missing: 3 of x make 8, 7 of y make 8.
  expect(calls(plan, 'a')).toEqual(['y×4']);
  expect(calls(plan, 'b')).toEqual(['x×3', 'y×3']);
  const full = new WritingPlan({ count: 7, perCall: 3 }, ['x', 'y'], ['a', 'b'], written);
  expect([...calls(full, 'a'), ...calls(full, 'b')]).toEqual([]);
});

it('WritingPlan asks again for dropped texts, and takes more texts than a call asked for', () => {
  const plan = new WritingPlan({ count: 4, perCall: 3 }, [undefined], ['a'], []);
  const first = plan.next('a');
  const second = plan.next('a');
  if (first === undefined || second === undefined) throw new Error('no calls');
  expect([first.count, second.count]).toEqual([3, 1]);
  plan.done(first, 1);
  expect(calls(plan, 'a')).toEqual(['undefined×2']);
  expect(plan.room(second)).toBe(3);
  plan.done(second, 3);
  expect(plan.room(second)).toBe(0);
  expect(plan.openOf('a')).toBe(0);
});

it('WritingPlan gives up only the class and teacher whose calls bring nothing new', () => {
  const plan = new WritingPlan({ count: 4, perCall: 1 }, ['x', 'y'], ['a', 'b'], []);
  const call = { teacher: 'a', wanted: 'x', count: 1 };
  for (let n = 0; n < FRUITLESS_CALLS - 1; n++) plan.done(call, 0);
  plan.done({ ...call, wanted: 'y' }, 0);
  expect(plan.givenUpOf('a')).toEqual([]);
  plan.done(call, 0);
  expect(plan.givenUpOf('a')).toEqual(['x']);
  expect(plan.givenUpOf('b')).toEqual([]);
  expect([plan.openOf('a'), plan.openOf('b')]).toEqual([1, 2]);
});
