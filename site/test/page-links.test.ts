/** How links that are written for the repository become links of the site. */
import { describe, expect, it } from 'vitest';
import { pageLink, slugOf } from '../src/page-links.js';

describe('pageLink', () => {
  it.each([
    ['docs/models.md', 'security.md', 'security.md'],
    ['docs/models.md', 'security.md#who', 'security.md#who'],
    ['docs/models.md', '../bench/README.md#a', '../bench/index.md#a'],
    ['README.md', 'docs/decisions/README.md', 'docs/decisions/index.md'],
  ])('from %s to %s leads to the page %s', (from, href, want) => {
    expect(pageLink(from, href)).toEqual({ kind: 'page', href: want });
  });

  it('to a file gives its path in the checkout', () => {
    const link = pageLink('clients/python/README.md', '../../examples/pytorch-student');
    expect(link).toEqual({ kind: 'file', path: 'examples/pytorch-student' });
  });

  it.each(['https://example.org/a.md', '#anchor', 'mailto:a@example.org'])(
    'leaves %s unchanged',
    (href) => {
      expect(pageLink('README.md', href)).toEqual({ kind: 'outside' });
    },
  );
});

it('slugOf makes the anchors of repositories', () => {
  expect(slugOf('Why is my run slow?')).toBe('why-is-my-run-slow');
  expect(slugOf('`auto`, and what it takes')).toBe('auto-and-what-it-takes');
  expect(slugOf('Teachers & APIs')).toBe('teachers--apis');
});
