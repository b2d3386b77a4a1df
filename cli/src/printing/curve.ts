/** A curve in one line of text, of block characters: the highest value is a full block, the lowest the least. */

const BLOCKS = '▁▂▃▄▅▆▇█';

/** @param values - what is not finite is left blank. */
export function curveText(values: readonly number[]): string {
  const known = values.filter(Number.isFinite);
  const least = Math.min(...known);
  const span = Math.max(...known) - least;
  return values
    .map((value) => {
      if (!Number.isFinite(value)) return ' ';
      const height = span === 0 ? 0 : (value - least) / span;
      return BLOCKS[Math.round(height * (BLOCKS.length - 1))];
    })
    .join('');
}
