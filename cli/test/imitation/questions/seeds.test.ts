/** The example inputs and the prompt that a writing chat is given. */
import type { Questions } from '@lyceum/learning/specification';
import { expect, it } from 'vitest';
import { type ImitationInput, inputId } from '../../../src/imitation/inputs/index.js';
import { SeedPool, writingPrompt } from '../../../src/imitation/questions/seeds.js';

const input = (text: string, split?: 'train' | 'test'): ImitationInput => ({
  id: inputId({ text }),
  value: { text },
  ...(split !== undefined && { split }),
});
const INPUTS = [...'abcdef'].map((text) => input(text, text < 'e' ? 'train' : 'test'));
const CLASSES = new Map(INPUTS.map(({ id }, n) => [id, n % 2 === 0 ? 'even' : 'odd']));
const QUESTIONS: Questions = {
  count: 9,
  seeds: 2,
  perCall: 3,
  temperature: 0.8,
  maxTokens: 512,
  seed: 0,
};
const textsOf = (drawn: readonly ImitationInput[]) => drawn.map(({ value }) => 'text' in value ? value.text : ''); // biome-ignore format: one line

it('SeedPool draws different inputs of the training split, the same ones for the same seed', () => {
  const pool = new SeedPool(INPUTS, CLASSES);
  const seen = new Set<string>();
  for (let call = 0; call < 100; call++) {
    const drawn = textsOf(pool.draw(undefined, QUESTIONS, 'chat', call));
    expect(new Set(drawn).size).toBe(2);
    expect(textsOf(pool.draw(undefined, QUESTIONS, 'chat', call))).toEqual(drawn);
    seen.add(drawn.join(''));
    expect(textsOf(pool.draw('odd', QUESTIONS, 'chat', call)).sort()).toEqual(['b', 'd']);
  }
  // Every pair of a, b, c, d, in either order.
  expect([...seen].sort().join(' ')).toBe('ab ac ad ba bc bd ca cb cd da db dc');
  const first = (questions: Questions, teacher: string) => Array.from({ length: 20 }, (_, call) => textsOf(pool.draw(undefined, questions, teacher, call)).join('')).join(' '); // biome-ignore format: one line
  expect(first({ ...QUESTIONS, seed: 1 }, 'chat')).not.toBe(first(QUESTIONS, 'chat'));
  expect(first(QUESTIONS, 'other')).not.toBe(first(QUESTIONS, 'chat'));
  expect(textsOf(pool.draw('even', { ...QUESTIONS, seeds: 9 }, 'chat', 0)).sort()).toEqual(['a', 'c']); // biome-ignore format: one line
});

it('SeedPool.classes gives the known classes of its inputs, or undefined if none is known', () => {
  const pool = new SeedPool(INPUTS, CLASSES);
  const all = ['even', 'odd', 'neither'];
  expect(pool.classes(QUESTIONS, all)).toEqual(['even', 'odd']);
  expect(pool.classes({ ...QUESTIONS, classes: ['odd'] }, all)).toEqual(['odd']);
  expect(() => pool.classes({ ...QUESTIONS, classes: ['neither'] }, all)).toThrow(
    'no training input is known to be of neither',
  );
  const nobodyKnows = new SeedPool(INPUTS, new Map());
  expect(nobodyKnows.classes(QUESTIONS, all)).toEqual([undefined]);
  expect(() => nobodyKnows.classes({ ...QUESTIONS, prompt: '{examples} {class}' }, all)).toThrow(
    'known to be of any class',
  );
  expect(() => new SeedPool([input('a', 'test')], new Map()).classes(QUESTIONS, all)).toThrow(
    'there is no training input',
  );
});

it('writingPrompt fills in its placeholders, but none inside examples', () => {
  const seeds = [input('a {count} "b"')];
  expect(writingPrompt({ prompt: '{count} {class}: {examples}' }, 'x', seeds, 3)).toBe(
    '3 x: ["a {count} \\"b\\""]',
  );
  const usual = writingPrompt({}, 'x', seeds, 3);
  expect(usual).toContain('of the class x');
  expect(usual).toContain('Write 3 new ones of the same class');
  const ofAny = writingPrompt({}, undefined, seeds, 3);
  expect(ofAny).toContain('Write 3 new ones like them');
  expect(ofAny).not.toContain('class');
});
