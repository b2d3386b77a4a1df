/**
 * When it may be said that a model has its classes in another one-to-one order than its settings or its set say. Pure.
 *
 * Symbols: n rows with a label, k of them right in the best of all orders, C classes, a = k/n, p = {@link guessedShare}.
 * Of a model that knows nothing its answers, as often as it gives each, fall on rows at random. Then no order is right on a
 * greater mean share than p, so the best of C! orders is right on k or more with at most the probability
 * C! · exp(−n · KL(a ‖ p)), by the union bound and Chernoff's, which holds for draws without replacement too (Hoeffding
 * 1963, theorems 1 and 4, https://doi.org/10.1080/01621459.1963.10500830).
 */

/** With fewer rows of a class an order fits by chance. */
const ROWS_PER_CLASS = 10;

/** By how much of the rows another order must be better. */
const ORDER_LIFT = 0.1;

/** One in a thousand models that know nothing is said to have another order. */
const CHANCE_LEVEL = 1e-3;

/** How often a model is right in two orders, of the same rows. */
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

export function canTellOrder(rowCount: number, classCount: number): boolean {
  return rowCount >= ROWS_PER_CLASS * classCount;
}

/**
 * The greatest share of rows that any order is right on, on average, if the answers have nothing to do with the labels:
 * Σ q p of the classes' shares among answers and labels, the greatest with the greatest. 1/C of labels that are even; the
 * most frequent label's share of a model that always says the same.
 *
 * @param answerCounts - rows that each answer is given to; at least one.
 * @param labelCounts - rows of each label.
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

/** Whether an order that was searched for is so much better that the present one must be wrong. */
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
