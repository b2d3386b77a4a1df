/** Names of classes, in a row: one that has a comma is in quotes, lest it be read as two. */
export function namesText(names: readonly string[]): string {
  return names.map((name) => (NEEDS_QUOTES.test(name) ? JSON.stringify(name) : name)).join(', ');
}

const NEEDS_QUOTES = /[,;"]|^\s|\s$|^$/;
