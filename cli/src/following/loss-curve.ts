/** The loss as far as it was seen, in little memory, and as a small curve of block characters. Pure. */

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** More than any terminal has columns; beyond it every second point goes. */
const POINTS_MAX_COUNT = 512;

export interface LossPoint {
  readonly step: number;
  readonly loss: number;
}

/** The points and one more. A run that went back to a checkpoint loses what came after. */
export function withPoint(points: readonly LossPoint[], point: LossPoint): LossPoint[] {
  const before = points.filter(({ step }) => step < point.step);
  const all = [...before, point];
  return all.length <= POINTS_MAX_COUNT
    ? all
    : all.filter((_, index) => index % 2 === 0 || index === all.length - 1);
}

/**
 * A column for equal parts of the steps, each the mean of what was seen in it; a part in which nothing was seen goes on
 * as the one before. The lowest is `▁`, the highest `█`.
 *
 * @returns '' of fewer than two points.
 */
export function lossCurve(points: readonly LossPoint[], width: number): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2) return '';
  const columnCount = Math.min(width, points.length);
  const columns: number[][] = Array.from({ length: columnCount }, () => []);
  for (const { step, loss } of points) {
    const share = (step - first.step) / (last.step - first.step);
    columns[Math.min(columnCount - 1, Math.floor(share * columnCount))]?.push(loss);
  }
  let before = first.loss;
  const means = columns.map((losses) => {
    if (losses.length > 0) before = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    return before;
  });
  const [low, high] = [Math.min(...means), Math.max(...means)];
  return means
    .map((mean) => {
      const height = high === low ? 0 : (mean - low) / (high - low);
      return BLOCKS[Math.round(height * (BLOCKS.length - 1))];
    })
    .join('');
}
