/**
 * Names of classes and columns: they are printed, listed and compared, so they are short texts without signs that move a
 * terminal's cursor, turn the writing direction, or that no UTF-8 holds.
 */

/** A longer one is text in the wrong place. */
export const NAME_MAX_LENGTH = 256;

/** Control characters, ends of lines, marks of direction, halves of surrogate pairs. */
const STRANGE = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const ALL_STRANGE = new RegExp(STRANGE, 'gu');

const SHOWN_LENGTH = 40;

/** What keeps a text from being a name, as what follows it in a sentence; undefined: nothing. */
export function nameProblem(name: string): string | undefined {
  if (name.length > NAME_MAX_LENGTH) {
    return `has ${name.length} characters; at most ${NAME_MAX_LENGTH}`;
  }
  if (!STRANGE.test(name)) return undefined;
  return 'holds a control character, or half a character; want letters, digits and signs that are printed';
}

/** In quotes, short, and with escapes for what is not printed. */
export function shownName(name: string): string {
  const cut = name.length > SHOWN_LENGTH ? `${name.slice(0, SHOWN_LENGTH)}…` : name;
  return JSON.stringify(cut).replaceAll(ALL_STRANGE, escaped);
}

function escaped(sign: string): string {
  return `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
