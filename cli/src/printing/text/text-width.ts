/** How much of a terminal's line a text takes. */

/** East Asian characters and emoji, which take two columns; those of half width do not. */
const WIDE =
  /(?![\uff61-\uffdc])[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uffe6]/u;

/** Accents that stand on the character before, and what is not seen. */
const NONE = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** All that names and numbers are made of as a rule. */
const NARROW = /^[\u0020-\u02ff]*$/;

export function textWidth(text: string): number {
  if (NARROW.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** As much of the beginning as has room in so many columns. */
export function cutToWidth(text: string, columns: number): string {
  let [cut, left] = ['', columns];
  for (const character of text) {
    left -= widthOf(character);
    if (left < 0) break;
    cut += character;
  }
  return cut;
}

function widthOf(character: string): number {
  if (WIDE.test(character)) return 2;
  return NONE.test(character) ? 0 : 1;
}
