/** Whole documents of runs and imitations in pages. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseImitation, parseRunSpecification } from '@lyceum/learning/specification';
import { expect, it } from 'vitest';

const CHECKOUT = resolve(import.meta.dirname, '../..');
const BLOCK = /^```yaml\n((?:# \S+\n)?apiVersion: lyceum\.dev\/.*?)^```/gms;

const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: CHECKOUT, encoding: 'utf8' });
const shown = pages
  .trim()
  .split('\n')
  .flatMap((page) => {
    const text = readFileSync(join(CHECKOUT, page), 'utf8');
    return [...text.matchAll(BLOCK)].map(([, document = '']) => ({ page, document }));
  });

it.each(shown)('the run or imitation in $page is valid', ({ page, document }) => {
  const parse = /^kind: Imitation/m.test(document) ? parseImitation : parseRunSpecification;
  expect(() => parse(document, page)).not.toThrow();
});

it('documents are found in pages, with or without a file name above', () => {
  expect(shown.map(({ page }) => page)).toEqual(
    expect.arrayContaining([
      'README.md',
      'docs/commands.md',
      'docs/imitation.md',
      'docs/how-to/black-box.md',
    ]),
  );
});
