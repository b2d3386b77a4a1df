/** Texts of other programs, as they may stand in a message. Pure. */

/** Beyond a line on a terminal: control characters, line ends, and what turns the direction of writing. */
const UNSHOWN = /[\s\p{Cc}\p{Cf}]+/gu;

/** @returns one line of at most so many characters, without what would act on a terminal. */
export function shownText(text: string, maxCharacters: number): string {
  // Cut first: what is thrown away is not looked at.
  const line = text
    .slice(0, 4 * maxCharacters)
    .replace(UNSHOWN, ' ')
    .trim();
  const isWhole = line.length <= maxCharacters && text.length <= 4 * maxCharacters;
  return isWhole ? line : `${line.slice(0, maxCharacters)}…`;
}
