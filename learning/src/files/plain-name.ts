/**
 * Names of classes and columns. They are printed, listed and compared, so they must be short texts without characters
 * that move a terminal's cursor, turn the writing direction, or cannot be written in UTF-8.
 */
import { isUnprintable, printable } from '@lyceum/proto';

/** Longer names are texts in the wrong place. */
const NAME_MAX_LENGTH = 256;

/** Line breaks and tabs, which texts may have and names may not, and halves of surrogate pairs. */
const OTHER_STRANGE = /[\n\t\p{Cs}]/u;

const SHOWN_LENGTH = 40;

/** The longest names of operations and functions of exported models have some 150 characters. */
const BARE_LENGTH = 200;

/** Why a text is no name, as words that follow it in a sentence; undefined: it may be one. */
export function nameProblem(name: string): string | undefined {
  if (name.length > NAME_MAX_LENGTH) {
    return `has ${name.length} characters; at most ${NAME_MAX_LENGTH}`;
  }
  if (!OTHER_STRANGE.test(name) && !isUnprintable(name)) return undefined;
  return 'holds a control character, a mark of direction or half a character; want letters, digits and signs that are printed';
}

/** Invisible characters, but for the two that join letters or emoji. */
const UNSEEN = /(?![\u200c\u200d])\p{Cf}/gu;

/** A name in quotes, short, with escapes for unprintable and invisible characters. */
export function shownName(name: string): string {
  const cut = name.length > SHOWN_LENGTH ? `${name.slice(0, SHOWN_LENGTH)}…` : name;
  const escaped = (sign: string) => `\\u{${sign.codePointAt(0)?.toString(16)}}`;
  return printable(JSON.stringify(cut)).replaceAll(UNSEEN, escaped);
}

/** The same without quotes, for names that programs give: of operations, functions, tensors. */
export function bareName(name: string): string {
  return printable(name.length > BARE_LENGTH ? `${name.slice(0, BARE_LENGTH)}…` : name);
}
