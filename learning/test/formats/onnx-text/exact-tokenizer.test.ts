/**
 * Tokenizer files with parts that the JavaScript library computes differently from the Rust library. Expected: the
 * tokens of the Rust library (fixtures/tokenizers/make.py).
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { precompiledCharacters } from '../../../src/formats/onnx-text/precompiled-characters.js';
import { TextTokenizer } from '../../../src/formats/onnx-text/text-tokenizer.js';

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/tokenizers/${name}.json`, import.meta.url));

const { texts, ids }: { texts: string[]; ids: Record<string, number[][]> } = JSON.parse(
  fixture('expected').toString(),
);

test.each(Object.keys(ids))('TextTokenizer agrees with the Rust library: %s', async (name) => {
  const tokenizer = await TextTokenizer.open(fixture(name), 1000);
  expect(texts.map((text) => tokenizer.tokens(text).ids)).toEqual(ids[name]);
});

// Expected: the pieces that the Rust library (0.23.3) makes of `a, b.. c!? (d)-e`.
test.each([
  ['Removed', ['a', ' b', ' c', ' ', 'd', 'e']],
  ['Isolated', ['a', ',', ' b', '.', '.', ' c', '!', '?', ' ', '(', 'd', ')', '-', 'e']],
  ['MergedWithPrevious', ['a,', ' b.', '.', ' c!', '?', ' (', 'd)', '-', 'e']],
  ['MergedWithNext', ['a', ', b', '.', '. c', '!', '? ', '(d', ')', '-e']],
  ['Contiguous', ['a', ',', ' b', '..', ' c', '!?', ' ', '(', 'd', ')-', 'e']],
])('TextTokenizer splits punctuation as %s', async (behavior, pieces) => {
  const vocab = {
    '[UNK]': 0,
    ...Object.fromEntries([...pieces.entries()].map(([i, x]) => [x, i + 1])),
  };
  const file = {
    ...JSON.parse(fixture('marks').toString()),
    normalizer: null,
    pre_tokenizer: { type: 'Punctuation', behavior },
    model: { type: 'WordPiece', vocab, unk_token: '[UNK]', continuing_subword_prefix: '##' },
  };
  const tokenizer = await TextTokenizer.open(Buffer.from(JSON.stringify(file)), 32);
  const ids = pieces.map((piece) => vocab[piece as keyof typeof vocab]);
  expect(tokenizer.tokens('a, b.. c!? (d)-e').ids).toEqual(ids);
});

test.each([
  ['nothing', ''],
  ['a size beyond its end', Buffer.from([8, 0, 0, 0, 1, 2, 3, 4]).toString('base64')],
  ['half a unit', Buffer.from([2, 0, 0, 0, 1, 2]).toString('base64')],
])('TextTokenizer refuses a character table with %s', async (_, table) => {
  const normalizer = { type: 'Precompiled', precompiled_charsmap: table };
  const file = { ...JSON.parse(fixture('characters').toString()), normalizer };
  await expect(TextTokenizer.open(Buffer.from(JSON.stringify(file)), 32)).rejects.toThrow(
    'tokenizer.json cannot be used: its precompiled_charsmap is damaged',
  );
});

test('precompiledCharacters leaves a text unchanged where a table points outside itself', () => {
  const damaged = Buffer.alloc(12);
  damaged.writeUInt32LE(4);
  damaged.writeUInt32LE(0xffff_ff00, 4);
  expect(precompiledCharacters(damaged.toString('base64'))('any text')).toBe('any text');
});
