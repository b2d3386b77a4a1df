/**
 * Whether a model has its classes in another one-to-one order than its settings or its set say. Pure.
 *
 * Symbols: n rows with a label, k of them right in the best of all orders, C classes, a = k/n, p =
 * {@link guessedShare}.
 *
 * Suppose that a model knows nothing: its answers, each as often as it gives it, fall on rows at random. Then no order
 * is right on more than a share p on average. So the best of C! orders is right on k or more rows with at most the
 * probability C! · exp(−n · KL(a ‖ p)), by the union bound and Chernoff's, which holds for draws without replacement
 * too (Hoeffding 1963, theorems 1 and 4, https://doi.org/10.1080/01621459.1963.10500830).
 */

/** Least number of rows a class: with fewer, some order fits by chance. */
const ROWS_PER_CLASS = 10;

/** The share of all rows by which another order must be better. */
const ORDER_LIFT = 0.1;

/** Of models that know nothing, one in a thousand is wrongly said to have another order. */
const CHANCE_LEVEL = 1e-3;

/** How often a model is right in two orders of its classes, on the same rows. */
export interface OrderCounts {
  readonly rowCount: number;
  readonly classCount: number;
  /** In the best of all orders. */
  readonly rightCount: number;
  /** In the present order. */
  readonly presentCount: number;
  /** In (0, 1], of {@link guessedShare}. */
  readonly guessedShare: number;
}

/** Whether so many labelled rows can tell one order of the classes from the others. */
export function canTellOrder(rowCount: number, classCount: number): boolean {
  return rowCount >= ROWS_PER_CLASS * classCount;
}

/**
 * Σ q p of the classes' shares among answers and labels, both sorted, the greatest with the greatest. It is 1/C if
 * labels are even; the most frequent label's share if a model always gives the same answer.
 *
 * @param answerCounts - how many rows get each answer; at least one row.
 * @param labelCounts - how many rows have each label.
 */
export function guessedShare(
  answerCounts: Iterable<number>,
  labelCounts: Iterable<number>,
): number {
  const answers = shares(answerCounts);
  return shares(labelCounts).reduce((sum, share, i) => sum + share * (answers[i] ?? 0), 0);
}

function shares(counts: Iterable<number>): number[] {
  const sorted = [...counts].sort((a, b) => b - a);
  const all = sorted.reduce((sum, count) => sum + count, 0);
  return sorted.map((count) => count / all);
}

/** Whether the best order is so much better than the present one that the present one must be wrong. */
export function isBetterOrder(counts: OrderCounts): boolean {
  const { rowCount, classCount, rightCount, presentCount, guessedShare: p } = counts;
  if (rightCount - presentCount < ORDER_LIFT * rowCount) return false;
  const a = rightCount / rowCount;
  if (a <= p) return false;
  const rest = a === 1 ? 0 : (1 - a) * Math.log((1 - a) / (1 - p));
  let orders = 0;
  for (let c = 2; c <= classCount; c++) orders += Math.log(c);
  return orders - rowCount * (a * Math.log(a / p) + rest) <= Math.log(CHANCE_LEVEL);
}
