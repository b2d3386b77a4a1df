/**
 * Checks the built site: every link, picture and anchor inside the site must lead somewhere. VitePress itself checks
 * only links to pages.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';

const LINK = /\s(?:href|src)="([^"]+)"/g;
const ID = /\sid="([^"]+)"/g;
const OUTSIDE = /^(?:[a-z]+:|\/\/)/i;

/** @returns the links that lead nowhere, each with the page that contains it. */
export function deadLinks(folder: string): string[] {
  const files = new Set(filesUnder(folder));
  const ids = new Map<string, Set<string>>();
  const idsOf = (page: string): Set<string> => {
    const known = ids.get(page) ?? new Set(matches(join(folder, page), ID));
    ids.set(page, known);
    return known;
  };
  const pages = [...files].filter((file) => file.endsWith('.html'));
  return pages.flatMap((page) =>
    matches(join(folder, page), LINK)
      .filter((link) => !OUTSIDE.test(link) && !leadsSomewhere(page, link))
      .map((link) => `${page}: ${link}`),
  );

  function leadsSomewhere(page: string, link: string): boolean {
    const [path = '', anchor = ''] = link.replaceAll('&amp;', '&').split('#');
    const target = path === '' ? page : fileOf(page, decodeURI(path));
    if (!files.has(target)) return false;
    if (anchor === '' || !target.endsWith('.html')) return true;
    return idsOf(target).has(decodeURIComponent(anchor));
  }
}

function fileOf(page: string, path: string): string {
  const file = path.startsWith('/') ? path.slice(1) : posix.join(posix.dirname(page), path);
  return file === '' || file.endsWith('/') ? `${file}index.html` : file;
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

function matches(file: string, pattern: RegExp): string[] {
  return [...readFileSync(file, 'utf8').matchAll(pattern)].map(([, found = '']) => found);
}
