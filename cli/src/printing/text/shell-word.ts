/** Words that a POSIX shell takes as they are. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** The text as one word of a POSIX shell's command line: in quotes if it needs them. */
export function shellWord(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
