/** Ordinary and hostile YAML documents, compared with plain values and error texts. */
import { expect, test } from 'vitest';
import { parseYamlDocument } from '../../src/documents/yaml-document.js';

const tooDeepIn = (line: number) => ({
  problem: { path: '', message: `has lists or maps more than 100 deep in line ${line}` },
});
/** Lines, each indented further than the one before it. */
const indented = (count: number, line: (i: number) => string, step: number) =>
  Array.from({ length: count }, (_, i) => ' '.repeat(step * i) + line(i)).join('\n');

test.each([
  ['lists in lists', '['.repeat(10_000)],
  ['lists in lists that end', `${'['.repeat(101)}${']'.repeat(101)}`],
  ['maps in maps', '{a: '.repeat(10_000)],
  ['lists and maps in turn', '[{a: '.repeat(5_000)],
])('parseYamlDocument refuses %s more than 100 deep', (_, text) => {
  expect(parseYamlDocument(text)).toEqual(tooDeepIn(1));
});

test.each([
  ['maps in maps', indented(180, (i) => `k${i}:`, 1), 101],
  ['maps in maps, further in', indented(101, (i) => `"k ${i}": &a${i}`, 5), 101],
  ['lists in lists', indented(101, () => '-', 1), 101],
  ['lists in lists in a line', `a:\n${'- '.repeat(101)}b`, 2],
  ['lists in lists in lines', indented(30, () => '- - - - b:', 10), 21],
  ['lists of maps', indented(60, (i) => `- k${i}:`, 2), 51],
  ['lists at the column of their maps', listsInMaps(60), 51],
  ['keys that are maps', indented(101, () => '?', 2), 101],
  ['maps in maps behind a bracket', `# [\n${indented(101, () => 'k:', 1)}`, 102],
  ['maps in maps in texts', `a: |\n${indented(101, () => ' k:', 1)}`, 101],
])('parseYamlDocument refuses %s too deep by indentation, with the line', (_, text, line) => {
  expect(parseYamlDocument(text)).toEqual(tooDeepIn(line));
});

/** `k:` and below it, at the same column, `-`; the item holds the next `k`. */
function listsInMaps(count: number): string {
  const lines = Array.from({ length: count }, (_, i) => {
    const space = ' '.repeat(2 * i);
    return i === 0 ? 'k:' : `${space.slice(2)}- k${i}:`;
  });
  return lines.join('\n');
}

test.each([
  ['maps', indented(100, (i) => `k${i}:`, 1)],
  ['lists', indented(100, () => '-', 1)],
  ['lists of maps', indented(50, (i) => `- k${i}:`, 2)],
  [
    'one after another',
    Array.from({ length: 1_000 }, (_, i) => `k${i}:\n  - a: 1\n    b: 2`).join('\n'),
  ],
  ['texts further and further in', `a: |\n${indented(300, () => ' text', 1)}`],
])('parseYamlDocument reads a document of at most 100 levels: %s', (_, text) => {
  expect(parseYamlDocument(text)).toHaveProperty('value');
});

test('parseYamlDocument reads 100 nested lists, and 1000 lists side by side', () => {
  expect(parseYamlDocument(`${'['.repeat(100)}${']'.repeat(100)}`)).toHaveProperty('value');
  expect(parseYamlDocument(`[${'[1], '.repeat(1_000)}]`)).toHaveProperty('value');
});

test('parseYamlDocument reads a merge key, and refuses a bomb of aliases', () => {
  expect(parseYamlDocument('base: &b { x: 1 }\nhere: { <<: *b, y: 2 }')).toEqual({
    value: { base: { x: 1 }, here: { x: 1, y: 2 } },
  });
  const bomb = `a: &a [x]\nb: &b [${'*a, '.repeat(60)}]\nc: &c [${'*b, '.repeat(60)}]\nd: [${'*c, '.repeat(60)}]`;
  expect(parseYamlDocument(bomb)).toHaveProperty('problem');
});

test('parseYamlDocument refuses several documents in one file', () => {
  expect(parseYamlDocument('a: 1\n---\nb: 2')).toEqual({
    problem: { path: '', message: expect.stringMatching(/document/) },
  });
});
