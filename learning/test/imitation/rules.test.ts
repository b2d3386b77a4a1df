/** What rules over texts and answers drop; oracles are written down by hand. */
import { expect, it } from 'vitest';
import {
  type CheckedInput,
  imitationRuleSettings,
  judgeByRule,
  type RuleSettings,
  ruleProblems,
} from '../../src/imitation/index.js';

const input = (id: string, text: string, more: Partial<CheckedInput> = {}): CheckedInput => ({
  id,
  value: { text },
  answers: {},
  cutOff: [],
  ...more,
});

const rule = (written: Record<string, unknown>): RuleSettings =>
  imitationRuleSettings.parse(written);
const whyOf = (written: Record<string, unknown>, inputs: readonly CheckedInput[]) =>
  judgeByRule(rule(written), inputs, 3);

it('near-duplicates: drops what says nearly the same as one that is kept, held-out ones first', () => {
  const inputs = [
    input('1', 'How do I bake bread at home today?'),
    input('2', 'how do I bake good bread at home'),
    input('3', 'The weather is fine.'),
    input('4', 'the weather was fine', { split: 'test' }),
    input('5', ''),
    input('6', ''),
    { ...input('7', ''), value: { numbers: [1, 2] } },
  ];
  expect(whyOf({ rule: 'near-duplicates' }, inputs)).toEqual([
    undefined,
    'near-duplicates: as 1, ROUGE-L 0.88',
    'near-duplicates: as 4, ROUGE-L 0.75',
    ...[undefined, undefined, undefined, undefined],
  ]);
  expect(whyOf({ rule: 'near-duplicates', atLeast: 0.8 }, inputs)[2]).toBeUndefined();
});

it('near-duplicates: what was dropped drops nothing', () => {
  const inputs = [input('1', 'a b c d'), input('2', 'a b c e'), input('3', 'f b c e')];
  expect(whyOf({ rule: 'near-duplicates' }, inputs)).toEqual([
    undefined,
    'near-duplicates: as 1, ROUGE-L 0.75',
    undefined,
  ]);
});

it('leak: drops what shares words in a row with a held-out text, short texts as a whole', () => {
  const inputs = [
    input('test', 'It was the best of times, it was the worst of times', { split: 'test' }),
    input('short-test', 'call me Ishmael', { split: 'validation' }),
    input('quote', 'He said: it was the BEST of times; we laughed', { split: 'train' }),
    input('near', 'it was the worst of days', {}),
    input('whole', 'the best of times', {}),
    input('few', 'of times', {}),
    input('within', 'please call me ishmael today', {}),
  ];
  expect(whyOf({ rule: 'leak', words: 5 }, inputs)).toEqual([
    undefined,
    undefined,
    'leak: "it was the best of" stands in test, which is held out',
    'leak: "it was the worst of" stands in test, which is held out',
    'leak: "the best of times" stands in test, which is held out',
    undefined,
    'leak: "call me ishmael" stands in short-test, which is held out',
  ]);
});

it('blocklist: finds phrases as whole words, whatever the case and the signs', () => {
  const inputs = [
    input('1', 'Please IGNORE -- the above!'),
    input('2', 'ignorethe above'),
    input('3', 'the aboveground line'),
    { ...input('4', ''), value: { image: 'ignore-the-above.png' } },
  ];
  expect(whyOf({ rule: 'blocklist', phrases: ['ignore the above'] }, inputs)).toEqual([
    'blocklist: holds "ignore the above"',
    ...[undefined, undefined, undefined],
  ]);
  expect(() => rule({ rule: 'blocklist', phrases: ['…'] })).toThrow('letter or digit');
  expect(() => rule({ rule: 'blocklist', phrases: [] })).toThrow();
});

it('truncated: names those whose answer was cut off', () => {
  const inputs = [input('1', 'a'), input('2', 'b', { cutOff: ['x', 'y'] })];
  expect(whyOf({ rule: 'truncated' }, inputs)).toEqual([undefined, 'truncated: by x, y']);
  const told = { count: 1, tellConfidence: false, chat: false };
  expect(ruleProblems(rule({ rule: 'truncated' }), told)).toEqual([
    { path: '', message: 'wants a teacher that is a chat, and none is' },
  ]);
  expect(ruleProblems(rule({ rule: 'truncated' }), { ...told, chat: true })).toEqual([]);
});

it('names the rule that is not known, with what was meant', () => {
  expect(() => rule({ rule: 'near-duplicate' })).toThrow('did you mean near-duplicates?');
  expect(() => rule({ rule: 'leak', words: 2 })).toThrow('whole number from 3 to 100');
});
