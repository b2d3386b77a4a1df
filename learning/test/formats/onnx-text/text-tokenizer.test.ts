/**
 * Texts to tokens, whole and truncated, against the Python library `tokenizers` with the same files
 * (fixtures/onnx-text/make.py).
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { paddedTokens, TextTokenizer } from '../../../src/formats/onnx-text/text-tokenizer.js';

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/onnx-text/${name}`, import.meta.url));

interface Expected {
  readonly texts: readonly string[];
  readonly mostTokens: number;
  readonly tokens: Readonly<
    Record<string, { readonly whole: number[][]; readonly cut: number[][] }>
  >;
}
const expected: Expected = JSON.parse(fixture('expected.json').toString());
const { texts, mostTokens, tokens } = expected;

/** `...` may be `..` and `.`, or `.` and `..`: unigrams of equal likelihood may come in either order. */
const inAnyOrder = (rows: readonly (readonly number[])[], name: string) =>
  name === 'unigrams' ? rows.map((row) => row.toSorted((a, b) => a - b)) : rows;

describe.each(Object.keys(tokens))('TextTokenizer with the file %s', (name) => {
  const file = fixture(`tokenizers/${name}.json`);
  const of = tokens[name] as Expected['tokens'][string];

  test('gives the tokens of the Python library for whole texts', async () => {
    const tokenizer = await TextTokenizer.open(file, 1000);
    const ids = texts.map((text) => tokenizer.tokens(text).ids);
    expect(inAnyOrder(ids, name)).toEqual(inAnyOrder(of.whole, name));
    expect(tokenizer.tokens('a film').types).toEqual(tokenizer.tokens('a film').ids.map(() => 0));
  });

  test('truncates long texts as the Python library does, and keeps the special tokens of the model', async () => {
    const tokenizer = await TextTokenizer.open(file, mostTokens);
    const all = texts.map((text) => tokenizer.tokens(text).ids);
    expect(inAnyOrder(all, name)).toEqual(inAnyOrder(of.cut, name));
    expect(of.cut.filter((ids) => ids.length === mostTokens).length).toBeGreaterThan(0);
    const { ids, types } = tokenizer.tokens('good '.repeat(200_000));
    expect([ids.length, types.length]).toEqual([mostTokens, mostTokens]);
  });

  test('refuses a limit that leaves no token for the text', async () => {
    await expect(TextTokenizer.open(file, 2)).rejects.toThrow(
      "maximumTokens is 2, and 2 tokens are the model's own; want more",
    );
  });
});

const json = (document: unknown) => Buffer.from(JSON.stringify(document));
const changed = (change: object) =>
  json({ ...JSON.parse(fixture('tokenizers/word-pieces.json').toString()), ...change });

test.each([
  ['no JSON', Buffer.from('{'), 'is no JSON object'],
  ['a list', json([]), 'is no JSON object'],
  ['too much', Buffer.alloc(64 * 2 ** 20 + 1), 'has 67108865 bytes; at most 67108864'],
  ['no model', json({}), 'model: is missing'],
  ['another kind', json({ model: { type: 'WordLevel' } }), 'want WordPiece, BPE, Unigram'],
  [
    'pieces with a prefix in BPE',
    json({ model: { type: 'BPE', continuing_subword_prefix: '@@' } }),
    'model.continuing_subword_prefix: is "@@"',
  ],
  [
    'added tokens that stand for whole words alone',
    changed({ added_tokens: [{ id: 0, content: 'NLP', single_word: true }] }),
    'added_tokens[0].single_word: is true, for "NLP"',
  ],
  ['a normaliser that is not known', changed({ normalizer: { type: 'Nmt' } }), 'type: Nmt'],
])('TextTokenizer refuses %s', async (_, bytes, message) => {
  await expect(TextTokenizer.open(bytes, 32)).rejects.toThrow(message);
});

test('TextTokenizer refuses a text with a piece that has no id', async () => {
  const model = { type: 'WordPiece', unk_token: '[UNK]', vocab: { good: 0 } };
  const plain = { normalizer: null, post_processor: null, added_tokens: [] };
  const tokenizer = await TextTokenizer.open(changed({ model, ...plain }), 32);
  expect(tokenizer.tokens('good').ids).toEqual([0]);
  expect(() => tokenizer.tokens('bad')).toThrow('has no id for "[UNK]"');
});

test('paddedTokens rounds up to ten lengths, by at most half plus 15', () => {
  const lengths = Array.from({ length: 512 }, (_, i) => paddedTokens(i + 1, 512));
  expect([...new Set(lengths)]).toEqual([16, 32, 48, 64, 96, 128, 192, 256, 384, 512]);
  for (const [i, length] of lengths.entries()) {
    expect(length).toBeGreaterThanOrEqual(i + 1);
    if (i >= 16) expect(length).toBeLessThanOrEqual(1.5 * (i + 1) + 15);
  }
  expect(paddedTokens(40, 42)).toBe(42);
});

test.each([
  // The byte order mark is not white space: it forms a piece with the exclamation mark.
  [{ type: 'ByteLevel', add_prefix_space: false }, null, 'a!\ufeff', [0, 5, 3, 4]],
  [{ type: 'ByteLevel', add_prefix_space: true }, null, ' a!\ufeff', [7, 0, 5, 3, 4]],
  [
    null,
    { type: 'Strip', strip_left: true, strip_right: true },
    '\u0085a\n\na\ufeff ',
    [0, 8, 8, 0, 6],
  ],
  [null, { type: 'Strip', strip_left: false, strip_right: true }, '\na\u0085', [8, 0]],
])(
  'TextTokenizer treats as white space what the Rust library does: %j, %j',
  async (pre_tokenizer, normalizer, text, ids) => {
    const pieces = ['a', '!', 'ï', '»', '¿', '!ï', '\ufeff', 'Ġ', '\n', '\u0085'];
    const vocab = Object.fromEntries(pieces.map((piece, id) => [piece, id]));
    const model = { type: 'BPE', vocab, merges: [['!', 'ï']], unk_token: null };
    const plain = { post_processor: null, added_tokens: [] };
    const tokenizer = await TextTokenizer.open(
      changed({ model, ...plain, pre_tokenizer, normalizer }),
      32,
    );
    expect(tokenizer.tokens(text).ids).toEqual(ids);
  },
);
