/** How many columns of a terminal's line a text takes. */
import stringWidth from 'string-width';

const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

export function textWidth(text: string): number {
  return stringWidth(text);
}

/** As much of the beginning as has room in so many columns: whole characters, of however many code points. */
export function cutToWidth(text: string, columns: number): string {
  let [cut, left] = ['', columns];
  for (const { segment } of characters.segment(text)) {
    left -= stringWidth(segment);
    if (left < 0) break;
    cut += segment;
  }
  return cut;
}
