/**
 * How a span of rows is cut into inferences of one fixed shape. Pure.
 *
 * The grid starts at the span's first row. So the span alone decides which rows share an inference, and in which
 * order: the same span asked twice is the same computation, bit for bit.
 */

/** Rows of one inference; a shorter rest is padded. Engines gain little from more, and latency grows. */
export const INFERENCE_ROWS = 128;

export interface RowRange {
  readonly firstRow: number;
  readonly rowCount: number;
}

/** Ranges of at most {@link INFERENCE_ROWS} rows that cover [0, rowCount) in order; only the last may be shorter. */
export function inferenceRanges(rowCount: number): RowRange[] {
  return Array.from({ length: Math.ceil(rowCount / INFERENCE_ROWS) }, (_, index) => ({
    firstRow: index * INFERENCE_ROWS,
    rowCount: Math.min(INFERENCE_ROWS, rowCount - index * INFERENCE_ROWS),
  }));
}
