/** Turns links in pages, which are written for the repository, into links on the site. Pure. */
import { posix } from 'node:path';

const OUTSIDE = /^(?:[a-z]+:|\/\/|#)/i;

export type PageLink =
  | { readonly kind: 'outside' }
  /** A link to another page, with its anchor. */
  | { readonly kind: 'page'; readonly href: string }
  /** A link to a file that the site does not show. */
  | { readonly kind: 'file'; readonly path: string };

/** @param from - the page's path in the checkout. */
export function pageLink(from: string, href: string): PageLink {
  if (OUTSIDE.test(href)) return { kind: 'outside' };
  const [path = '', anchor] = href.split('#');
  if (path.endsWith('.md')) {
    const address = path.replace(/README\.md$/, 'index.md');
    return { kind: 'page', href: anchor === undefined ? address : `${address}#${anchor}` };
  }
  return { kind: 'file', path: posix.join(posix.dirname(from), decodeURI(path)) };
}

/** The anchor of a heading, the same as in the repository's own view of the page. */
export function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}
