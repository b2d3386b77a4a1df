/** Names as a line of text has them. Pure. */

/** Names of classes, in a row: one that has a comma is in quotes, lest it be read as two. */
export function namesText(names: readonly string[]): string {
  return names.map((name) => (NEEDS_QUOTES.test(name) ? JSON.stringify(name) : name)).join(', ');
}

const NEEDS_QUOTES = /[,;"]|^\s|\s$|^$/;

/** A file's path on one line: its name may hold the end of one. */
export function pathText(path: string): string {
  return path.replaceAll(/[\n\r\t]/g, (sign) => JSON.stringify(sign).slice(1, -1));
}
