/** The table of codecs: what holds for every codec, by every name that a run or a record may give it. */
import { expect, test } from 'vitest';
import {
  codecName,
  codecProblem,
  codecWritten,
  isAnswerCodec,
  rowCodec,
} from '../../src/codecs/answer-codec.js';
import { CODEC_WORDS, CODECS } from '../../src/codecs/table.js';

test('codecWritten finds every codec by its name in a run, and codec names are unique', () => {
  expect(new Set(CODECS.map(({ name }) => name)).size).toBe(CODECS.length);
  for (const codec of CODECS) {
    const written = codec.settings === undefined ? codec.name : { [codec.settings.key]: 1 };
    expect(codecWritten(written)).toBe(codec);
  }
  for (const written of ['auto', 'top-k', { topk: 3 }, undefined]) {
    expect(codecWritten(written)).toBeUndefined();
  }
});

test('codecName writes a word, or a word with its settings', () => {
  expect(CODEC_WORDS.map(codecName)).toEqual(CODEC_WORDS);
  expect(codecName({ topK: 100 })).toBe('top-k:100');
});

test.each(['top-k:1', 'top-k:9999999', ...CODEC_WORDS])('%s is a valid codec name', (name) => {
  expect(isAnswerCodec(name)).toBe(true);
});

test.each([
  'top-k',
  'top-k:',
  'top-k:0',
  'top-k:01',
  'top-k:10000000',
  'top-k:1:1',
  'float16:',
  'float16:1',
  'auto',
  'int4',
  '',
  undefined,
])('%s is not a valid codec name', (name) => {
  expect(isAnswerCodec(name)).toBe(false);
});

test.each(CODECS)('$name fills whole words, for 1 to 1000 classes', ({ name, settings }) => {
  for (const classCount of [1, 2, 7, 1_000]) {
    const named = settings === undefined ? name : `${name}:1`;
    if (!isAnswerCodec(named)) throw new Error(`${named} is none`);
    const { wordCount, byteCount } = rowCodec(named, classCount);
    expect(wordCount).toBe(Math.ceil(byteCount / 4));
  }
});

test('codecProblem refuses topK for fewer than 1000 classes, and topK above the class count', () => {
  const path = 'spec.answers.codec.topK';
  expect(codecProblem({ topK: 5 }, 999)).toMatchObject({ path });
  expect(codecProblem({ topK: 1_000 }, 1_000)).toBeUndefined();
  expect(codecProblem({ topK: 1_001 }, 1_000)).toMatchObject({ path });
  expect(codecProblem('float16', 3)).toBeUndefined();
});
