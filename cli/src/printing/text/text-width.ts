/** The width of a text in columns of a terminal. */
import stringWidth from 'string-width';

const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

export function textWidth(text: string): number {
  return stringWidth(text);
}

/** The beginning of the text that fits into `columns`. Characters of several code points are never split. */
export function cutToWidth(text: string, columns: number): string {
  let [cut, left] = ['', columns];
  for (const { segment } of characters.segment(text)) {
    left -= stringWidth(segment);
    if (left < 0) break;
    cut += segment;
  }
  return cut;
}
