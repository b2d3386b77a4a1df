/** Names in a line of text. Pure. */

/** Names of classes, separated by commas. A name with a comma is in quotes, so that it does not look like two. */
export function namesText(names: readonly string[]): string {
  return names.map((name) => (NEEDS_QUOTES.test(name) ? JSON.stringify(name) : name)).join(', ');
}

const NEEDS_QUOTES = /[,;"]|^\s|\s$|^$/;

/** A file's path on one line: a line end in its name is escaped. */
export function pathText(path: string): string {
  return path.replaceAll(/[\n\r\t]/g, (sign) => JSON.stringify(sign).slice(1, -1));
}
