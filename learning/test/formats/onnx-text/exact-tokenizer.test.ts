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

const json = (document: unknown) => Buffer.from(JSON.stringify(document));

/** Expects that a text is cut into these words. The tokenizer knows no other words, so other cuts have other tokens. */
async function expectWords(preTokenizer: object, text: string, words: readonly string[]) {
  const names = ['[UNK]', ...new Set(words)];
  const vocab = Object.fromEntries(names.map((name, id) => [name, id]));
  const file = {
    ...JSON.parse(fixture('marks').toString()),
    normalizer: null,
    pre_tokenizer: preTokenizer,
    model: { type: 'WordPiece', vocab, unk_token: '[UNK]', continuing_subword_prefix: '##' },
  };
  const tokenizer = await TextTokenizer.open(json(file), 32);
  expect(tokenizer.tokens(text).ids.map((id) => names[id])).toEqual(words);
}

// Expected from here on: what the Rust library (0.23.3) makes of the text.
test.each([
  ['Removed', ['a', ' b', ' c', ' ', 'd', 'e']],
  ['Isolated', ['a', ',', ' b', '.', '.', ' c', '!', '?', ' ', '(', 'd', ')', '-', 'e']],
  ['MergedWithPrevious', ['a,', ' b.', '.', ' c!', '?', ' (', 'd)', '-', 'e']],
  ['MergedWithNext', ['a', ', b', '.', '. c', '!', '? ', '(d', ')', '-e']],
  ['Contiguous', ['a', ',', ' b', '..', ' c', '!?', ' ', '(', 'd', ')-', 'e']],
])('TextTokenizer splits punctuation as %s', (behavior, words) =>
  expectWords({ type: 'Punctuation', behavior }, 'a, b.. c!? (d)-e', words),
);

const MARKS = { Regex: '[-.]' };
test.each([
  [{ behavior: 'Removed', invert: false }, ['a', 'b', ' c', 'd']],
  [{ behavior: 'Isolated', invert: false }, ['a', '-', 'b', '.', '.', ' c', '-', '.', 'd']],
  [{ behavior: 'MergedWithPrevious', invert: false }, ['a-', 'b.', '.', ' c-', '.', 'd']],
  [{ behavior: 'MergedWithNext', invert: false }, ['a', '-b', '.', '. c', '-', '.d']],
  [{ behavior: 'Contiguous', invert: false }, ['a', '-', 'b', '..', ' c', '-.', 'd']],
  [{ behavior: 'Removed', invert: true }, ['-', '.', '.', '-', '.']],
  [{ behavior: 'Isolated', invert: true }, ['a', '-', 'b', '.', '.', ' c', '-', '.', 'd']],
  [{ behavior: 'MergedWithPrevious', invert: true }, ['a', '-b', '.', '. c', '-', '.d']],
  [{ behavior: 'MergedWithNext', invert: true }, ['a-', 'b.', '.', ' c-', '.', 'd']],
  [{ behavior: 'Contiguous', invert: true }, ['a', '-', 'b', '..', ' c', '-.', 'd']],
])('TextTokenizer splits at a pattern as %j', (how, words) =>
  expectWords({ type: 'Split', pattern: MARKS, ...how }, 'a-b.. c-.d', words),
);

test.each([
  [{ prepend_scheme: 'always' }, ['▁a', '▁', '▁b', '▁c']],
  [{ prepend_scheme: 'never', split: true }, ['a', '▁', '▁b', '▁c']],
  [{ prepend_scheme: 'first', split: false }, ['▁a▁▁b▁c']],
])('TextTokenizer cuts at spaces as %j', (how, words) =>
  expectWords({ type: 'Metaspace', replacement: '▁', ...how }, 'a  b c', words),
);

test('TextTokenizer splits at a string, and into stretches of one length', async () => {
  const at = { type: 'Split', pattern: { String: '-' }, behavior: 'Removed', invert: false };
  await expectWords(at, 'a-b--c', ['a', 'b', 'c']);
  await expectWords({ type: 'FixedLength', length: 2 }, 'a😀b\nc', ['a😀', 'b\n', 'c']);
});

const bare = {
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: 'WhitespaceSplit' },
  post_processor: null,
  decoder: null,
};

test('TextTokenizer writes the unknown pieces of Unigram as bytes where the file says so', async () => {
  const hex = (byte: number) => byte.toString(16).toUpperCase().padStart(2, '0');
  const bytes = Array.from({ length: 256 }, (_, byte) => [`<0x${hex(byte)}>`, -9]);
  const vocab = [['<unk>', 0], ['a', -1], ['b', -1], ...bytes];
  const model = { type: 'Unigram', unk_id: 0, byte_fallback: true, vocab };
  const tokenizer = await TextTokenizer.open(json({ ...bare, model }), 32);
  const bytesOf = (text: string) => [...Buffer.from(text)].map((byte) => byte + 3);
  const ids = [1, ...bytesOf('é'), 2, ...bytesOf('é😀'), 1];
  expect(tokenizer.tokens('aé b é😀a').ids).toEqual(ids);

  const without = { ...model, byte_fallback: false };
  const plain = await TextTokenizer.open(json({ ...bare, model: without }), 32);
  expect(plain.tokens('aé b é😀a').ids).toEqual([1, 0, 2, 0, 1]);
});

test.each([
  [true, [1, 0, 0, 0, 1, 2]],
  [false, [1, 0, 0, 0, 0, 0, 0, 1, 2]],
])('TextTokenizer joins unknown pieces within a word alone: fuse_unk %s', async (fuse, ids) => {
  const model = { type: 'BPE', unk_token: '?', fuse_unk: fuse, vocab: { '?': 0, a: 1, b: 2 } };
  const file = { ...bare, model: { ...model, merges: [] } };
  expect((await TextTokenizer.open(json(file), 32)).tokens('axy xy zza b').ids).toEqual(ids);
});

test.each([
  ['nothing', ''],
  ['a size beyond its end', Buffer.from([8, 0, 0, 0, 1, 2, 3, 4]).toString('base64')],
  ['half a unit', Buffer.from([2, 0, 0, 0, 1, 2]).toString('base64')],
])('TextTokenizer refuses a character table with %s', async (_, table) => {
  const normalizer = { type: 'Precompiled', precompiled_charsmap: table };
  const file = { ...JSON.parse(fixture('characters').toString()), normalizer };
  await expect(TextTokenizer.open(json(file), 32)).rejects.toThrow(
    'tokenizer.json cannot be used: its precompiled_charsmap is damaged',
  );
});

test('precompiledCharacters leaves a text unchanged where a table points outside itself', () => {
  const damaged = Buffer.alloc(12);
  damaged.writeUInt32LE(4);
  damaged.writeUInt32LE(0xffff_ff00, 4);
  expect(precompiledCharacters(damaged.toString('base64'))('any text')).toBe('any text');
});
