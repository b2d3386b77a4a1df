/** Documents as people write them, and as nobody should: what comes back is compared with plain values and texts. */
import { expect, test } from 'vitest';
import { parseYamlDocument } from '../src/yaml-document.js';

const TOO_DEEP = { problem: { path: '', message: expect.stringContaining('100 deep') } };

test.each([
  ['lists in lists', '['.repeat(10_000)],
  ['lists in lists that end', `${'['.repeat(101)}${']'.repeat(101)}`],
  ['maps in maps', '{a: '.repeat(10_000)],
  ['lists and maps in turn', '[{a: '.repeat(5_000)],
])('%s are refused beyond the depth of any run', (_, text) => {
  expect(parseYamlDocument(text)).toEqual(TOO_DEEP);
});

test('100 are read, and many beside one another', () => {
  expect(parseYamlDocument(`${'['.repeat(100)}${']'.repeat(100)}`)).toHaveProperty('value');
  expect(parseYamlDocument(`[${'[1], '.repeat(1_000)}]`)).toHaveProperty('value');
});

test('a merge key is taken, and more than a few aliases are not', () => {
  expect(parseYamlDocument('base: &b { x: 1 }\nhere: { <<: *b, y: 2 }')).toEqual({
    value: { base: { x: 1 }, here: { x: 1, y: 2 } },
  });
  const bomb = `a: &a [x]\nb: &b [${'*a, '.repeat(60)}]\nc: &c [${'*b, '.repeat(60)}]\nd: [${'*c, '.repeat(60)}]`;
  expect(parseYamlDocument(bomb)).toHaveProperty('problem');
});

test('several documents are named', () => {
  expect(parseYamlDocument('a: 1\n---\nb: 2')).toEqual({
    problem: { path: '', message: expect.stringMatching(/document/) },
  });
});
