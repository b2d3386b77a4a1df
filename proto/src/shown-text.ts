/** Shortens texts of other programs to one harmless line, for use in a message. Pure. */

/** Characters that act on a terminal or break the line: white space, control characters, direction marks. */
const UNSHOWN = /[\s\p{Cc}\p{Cf}]+/gu;

/** @returns one line of at most `maxCharacters`, and `…` if the text was longer. */
export function shownText(text: string, maxCharacters: number): string {
  // Cut first, so that the work does not grow with the text.
  const line = text
    .slice(0, 4 * maxCharacters)
    .replace(UNSHOWN, ' ')
    .trim();
  const isWhole = line.length <= maxCharacters && text.length <= 4 * maxCharacters;
  return isWhole ? line : `${line.slice(0, maxCharacters)}…`;
}
