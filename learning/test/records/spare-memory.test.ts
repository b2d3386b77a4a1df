import { expect, test } from 'vitest';
import { SpareMemory } from '../../src/records/spare-memory.js';

test('SpareMemory reuses given memory of the same size once', () => {
  const spare = new SpareMemory(1000);
  const memory = spare.take(10);
  spare.give(memory);
  expect(spare.take(11)).not.toBe(memory);
  expect(spare.take(10)).toBe(memory);
  expect(spare.take(10)).not.toBe(memory);
});

test('SpareMemory keeps the memory given last, up to its limit', () => {
  const spare = new SpareMemory(100);
  const [first, second, third] = [spare.take(10), spare.take(10), spare.take(15)];
  spare.give(first);
  spare.give(second);
  spare.give(third);
  expect(spare.take(15)).toBe(third);
  expect([first, second]).not.toContain(spare.take(10));
});

test('SpareMemory does not keep memory larger than its limit', () => {
  const spare = new SpareMemory(100);
  const [small, large] = [spare.take(10), spare.take(100)];
  spare.give(small);
  spare.give(large);
  expect(spare.take(100)).not.toBe(large);
});
