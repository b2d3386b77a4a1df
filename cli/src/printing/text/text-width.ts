/** How much of a terminal's line a text takes. */

/** East Asian characters and emoji, which take two columns: the blocks of Unicode Standard Annex 11. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;

/** Accents that stand on the character before, the later letters of a Korean syllable, and what is not seen. */
const NONE = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\ud7b0-\ud7fb]/u;

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
