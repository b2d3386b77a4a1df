import { expect, test } from 'vitest';
import { SpareMemory } from '../../src/records/spare-memory.js';

test('memory that was given is taken again, once, by whoever wants as much', () => {
  const spare = new SpareMemory(1000);
  const memory = spare.take(10);
  spare.give(memory);
  expect(spare.take(11)).not.toBe(memory);
  expect(spare.take(10)).toBe(memory);
  expect(spare.take(10)).not.toBe(memory);
});

test('no more is kept than may be, and what was given last stays', () => {
  const spare = new SpareMemory(100);
  const [first, second, third] = [spare.take(10), spare.take(10), spare.take(15)];
  spare.give(first);
  spare.give(second);
  spare.give(third);
  expect(spare.take(15)).toBe(third);
  expect([first, second]).not.toContain(spare.take(10));
});

test('what is larger than all that may be kept is let go', () => {
  const spare = new SpareMemory(100);
  const [small, large] = [spare.take(10), spare.take(100)];
  spare.give(small);
  spare.give(large);
  expect(spare.take(100)).not.toBe(large);
});
