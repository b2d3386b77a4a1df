/** `shellWord`, read by a shell. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellWord } from '../../../src/printing/text/index.js';

test.each([
  '',
  'run.yaml',
  'my certificates/ann',
  "it's",
  '$(touch x)',
  '`id`;&|<>*?[a]{b}~#!"\\',
  'two\nlines',
  '名前',
])('shellWord of %j is one word', (text) => {
  const said = execFileSync('sh', ['-c', `printf '[%s]' ${shellWord(text)}`], { encoding: 'utf8' });
  expect(said).toBe(`[${text}]`);
});

test('shellWord keeps a plain word as it is', () => {
  expect(shellWord('./a-b_c/d.1=2')).toBe('./a-b_c/d.1=2');
});
