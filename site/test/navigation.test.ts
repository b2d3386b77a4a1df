/**
 * The navigation is compared with the pages that git knows and those of the reference.
 */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { addressOf, NAVIGATION } from '../src/navigation.js';
import { referencePages } from '../src/reference/pages.js';

const CHECKOUT = resolve(import.meta.dirname, '../..');
/** Pages that another page lists. */
const LISTED_ELSEWHERE = /^docs\/decisions\/\d/;

it('NAVIGATION has every page once, and no missing page', async () => {
  const files = execFileSync('git', ['ls-files', '*.md'], { cwd: CHECKOUT, encoding: 'utf8' });
  const reference = Object.keys(await referencePages(CHECKOUT)).map(
    (name) => `site/reference/${name}`,
  );
  const pages = [...files.trim().split('\n'), ...reference];
  const shown = NAVIGATION.flatMap((group) => group.pages.map(({ path }) => path));
  expect(shown.toSorted()).toEqual(pages.filter((path) => !LISTED_ELSEWHERE.test(path)).toSorted());
});

it('addressOf a README is the address of its folder', () => {
  expect(addressOf('README.md')).toBe('/');
  expect(addressOf('bench/README.md')).toBe('/bench/');
  expect(addressOf('docs/models.md')).toBe('/docs/models');
});
