/** Tables of all pages must name each column, because a screen reader says the name with every cell. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const CHECKOUT = resolve(import.meta.dirname, '../..');
/** The head of a table: a row above a line of dashes. */
const HEAD = /^ *\|(.*)\|\n *\|(?: *:?-+:? *\|)+$/gm;

function unnamed(text: string): string[] {
  return [...text.matchAll(HEAD)]
    .map(([, cells = '']) => cells)
    .filter((cells) => cells.split('|').some((cell) => cell.trim() === ''));
}

it('every column of every table in a page has a name', () => {
  const files = execFileSync('git', ['ls-files', '*.md'], { cwd: CHECKOUT, encoding: 'utf8' });
  const found = files
    .trim()
    .split('\n')
    .flatMap((page) =>
      unnamed(readFileSync(join(CHECKOUT, page), 'utf8')).map((cells) => `${page}: ${cells}`),
    );
  expect(found).toEqual([]);
});

it('unnamed finds a table with an empty head', () => {
  expect(unnamed('| a | |\n| --- | --- |\n| 1 | 2 |\n')).toEqual([' a | ']);
  expect(unnamed('| a | b |\n| --- | --- |\n| | 2 |\n')).toEqual([]);
});
