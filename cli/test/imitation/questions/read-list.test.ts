/** `readWrittenList` on answers of chats that were asked for a JSON list; expected texts are read by eye. */
import { expect, it } from 'vitest';
import { readWrittenList } from '../../../src/imitation/questions/read-list.js';

const texts = (content: string) => readWrittenList(content, false).map(({ text }) => text);

it.each([
  ['a JSON list', '["one two", " three "]', ['one two', 'three']],
  [
    'between words and fences',
    'Sure!\n```json\n["one", "two"]\n```\nHope it helps.',
    ['one', 'two'],
  ],
  ['of objects', '[{"text": "one"}, {"id": 2, "text": "two"}]', ['one', 'two']],
  ['in an object', '{"sentences": ["one", "two"]}', ['one', 'two']],
  ['of what is no text too', '["one", 2, null, [3], {}, ""]', ['one']],
  ['with a comma too many', '["one", "two",]', ['one', 'two']],
  ['with a line end in a string', '["one\nmore", "t\\"wo"]', ['one more', 't"wo']],
  ['numbers', '1. one\n2) two\n(3) three\n**4.** four', ['one', 'two', 'three', 'four']],
  ['numbers, quotes', '1. "one",\n2. “two”\n3. «three»', ['one', 'two', 'three']],
  ['bullets', 'Here they are:\n\n- one\n* two\n• three', ['one', 'two', 'three']],
  [
    'texts over several lines',
    '1. one\n   and more\n\n2. two\n\nAsk for more!',
    ['one and more', 'two'],
  ],
  ['numbers inside', '1. In 1999 [sic] 3.5 million\n2. {a}', ['In 1999 [sic] 3.5 million', '{a}']],
])('readWrittenList finds the texts: %s', (_, content, expected) => {
  expect(texts(content)).toEqual(expected);
});

it.each(['', 'I cannot do that.', '[]', '{}', '[1, 2]', '3.5 million', 'null'])(
  'readWrittenList finds no list in %j',
  (content) => {
    expect(texts(content)).toEqual([]);
  },
);

it('readWrittenList marks the text that was cut off', () => {
  expect(readWrittenList('["one", "two", "thr', true)).toEqual([
    { text: 'one', isCutOff: false },
    { text: 'two', isCutOff: false },
    { text: 'thr', isCutOff: true },
  ]);
  // A complete list was not cut off, whatever follows it.
  expect(readWrittenList('["one"] And this', true)).toEqual([{ text: 'one', isCutOff: false }]);
  expect(readWrittenList('1. one\n2. tw', true)).toEqual([
    { text: 'one', isCutOff: false },
    { text: 'tw', isCutOff: true },
  ]);
});

it('readWrittenList reads at most 100 texts, and copes with answers of ten million characters', () => {
  expect(readWrittenList(JSON.stringify(Array.from({ length: 1000 }, String)), false)).toHaveLength(100); // biome-ignore format: one line
  expect(texts(`["${'\\"'.repeat(5_000_000)}`)).toHaveLength(1);
  expect(texts(`["${' '.repeat(5_000_000)}`)).toEqual([]);
  expect(texts(`${' '.repeat(5_000_000)}1. a`)).toEqual([]);
});
