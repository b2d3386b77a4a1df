/** What a POSIX shell takes for itself. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** The text as one word of a POSIX shell's line: in quotes, unless it needs none. */
export function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
