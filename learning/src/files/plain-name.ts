/**
 * Names of classes and columns: they are printed, listed and compared, so they are short texts without signs that move a
 * terminal's cursor, turn the writing direction, or that no UTF-8 holds.
 */
import { isUnprintable, printable } from '@lyceum/proto';

/** A longer one is text in the wrong place. */
const NAME_MAX_LENGTH = 256;

/** Signs of lines, which a text may have and a name not; halves of surrogate pairs. */
const OTHER_STRANGE = /[\n\t\p{Cs}]/u;

const SHOWN_LENGTH = 40;

/** The longest names of operations and functions of exported models have some 150 characters. */
const BARE_LENGTH = 200;

/** What keeps a text from being a name, as what follows it in a sentence; undefined: nothing. */
export function nameProblem(name: string): string | undefined {
  if (name.length > NAME_MAX_LENGTH) {
    return `has ${name.length} characters; at most ${NAME_MAX_LENGTH}`;
  }
  if (!OTHER_STRANGE.test(name) && !isUnprintable(name)) return undefined;
  return 'holds a control character, a mark of direction or half a character; want letters, digits and signs that are printed';
}

/** What is not seen, but for the two that join letters or emoji. */
const UNSEEN = /(?![\u200c\u200d])\p{Cf}/gu;

/** In quotes, short, and with escapes for what is not printed or not seen. */
export function shownName(name: string): string {
  const cut = name.length > SHOWN_LENGTH ? `${name.slice(0, SHOWN_LENGTH)}…` : name;
  const escaped = (sign: string) => `\\u{${sign.codePointAt(0)?.toString(16)}}`;
  return printable(JSON.stringify(cut)).replaceAll(UNSEEN, escaped);
}

/** Without quotes, for names that programs give: of operations, functions, tensors. */
export function bareName(name: string): string {
  return printable(name.length > BARE_LENGTH ? `${name.slice(0, BARE_LENGTH)}…` : name);
}
