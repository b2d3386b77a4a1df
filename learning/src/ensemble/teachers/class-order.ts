/**
 * When it may be said that a model has its classes in another one-to-one order than its settings or its set say. Pure.
 *
 * Symbols: n rows with a label, k of them right in the best of all orders, C classes, a = k/n. Of a model that knows
 * nothing each order is right on a binomial count with n and 1/C. So the best of C! orders is right on k or more with at
 * most the probability C! · exp(−n · KL(a ‖ 1/C)), by the union bound and Chernoff's (Hoeffding 1963, theorem 1,
 * https://doi.org/10.1080/01621459.1963.10500830).
 */

/** With fewer rows of a class an order fits by chance. */
const ROWS_PER_CLASS = 10;

/** By how much of the rows another order must be better. */
const ORDER_LIFT = 0.1;

/** One in a thousand models that know nothing is said to have another order. */
const CHANCE_LEVEL = 1e-3;

export function canTellOrder(rowCount: number, classCount: number): boolean {
  return rowCount >= ROWS_PER_CLASS * classCount;
}

/**
 * Whether an order that was searched for is so much better that the present one must be wrong.
 *
 * @param rightCount - of `rowCount`, in the best of all orders.
 * @param presentCount - in the present order.
 */
export function isBetterOrder(
  rightCount: number,
  presentCount: number,
  rowCount: number,
  classCount: number,
): boolean {
  if (rightCount - presentCount < ORDER_LIFT * rowCount) return false;
  const [a, p] = [rightCount / rowCount, 1 / classCount];
  if (a <= p) return false;
  const rest = a === 1 ? 0 : (1 - a) * Math.log((1 - a) / (1 - p));
  let orders = 0;
  for (let c = 2; c <= classCount; c++) orders += Math.log(c);
  return orders - rowCount * (a * Math.log(a / p) + rest) <= Math.log(CHANCE_LEVEL);
}
