/** Bars and curves of block characters in one line of text. */

const BLOCKS = '▁▂▃▄▅▆▇█';

/** A curve: the greatest value is a full block, the least the lowest one. @param values - not finite: a blank. */
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

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** A bar of block characters. @param share - 0 to 1. */
export function barText(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const bar = '█'.repeat(Math.floor(filled / 8)) + (EIGHTHS[filled % 8] ?? '');
  return bar.padEnd(width, '·');
}
