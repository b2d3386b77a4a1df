/** Links of pages, which are written for the repository, as they are on the site. Pure. */
import { posix } from 'node:path';

const OUTSIDE = /^(?:[a-z]+:|\/\/|#)/i;

export type PageLink =
  | { readonly kind: 'outside' }
  /** To another page, with its anchor. */
  | { readonly kind: 'page'; readonly href: string }
  /** To a file that the site does not show. */
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

/** The anchor of a heading, as repositories' pages have it. */
export function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}
