/**
 * The one-to-one assignment of greatest sum, by shortest augmenting paths (Kuhn 1955; Jonker & Volgenant 1987). Pure.
 *
 * Symbols: n rows and columns; O(n³).
 */

/**
 * @param worth - [n, n], row-major.
 * @returns the column of each row.
 */
export function bestAssignment(worth: ArrayLike<number>, n: number): Int32Array {
  // Rows enter one by one; potentials keep every reduced cost ≥ 0, and 0 along the assignment. Index 0 is no column.
  const rowPotential = new Float64Array(n + 1);
  const columnPotential = new Float64Array(n + 1);
  const rowOf = new Int32Array(n + 1);
  const before = new Int32Array(n + 1);
  for (let entering = 1; entering <= n; entering++) {
    const least = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
    const reached = new Uint8Array(n + 1);
    rowOf[0] = entering;
    let column = 0;
    do {
      reached[column] = 1;
      const row = rowOf[column] as number;
      let [delta, next] = [Number.POSITIVE_INFINITY, 0];
      for (let j = 1; j <= n; j++) {
        if (reached[j] === 1) continue;
        const cost = -(worth[(row - 1) * n + j - 1] as number);
        const reduced = cost - (rowPotential[row] as number) - (columnPotential[j] as number);
        if (reduced < (least[j] as number)) {
          least[j] = reduced;
          before[j] = column;
        }
        if ((least[j] as number) < delta) {
          delta = least[j] as number;
          next = j;
        }
      }
      for (let j = 0; j <= n; j++) {
        if (reached[j] === 1) {
          const own = rowOf[j] as number;
          rowPotential[own] = (rowPotential[own] as number) + delta;
          columnPotential[j] = (columnPotential[j] as number) - delta;
        } else {
          least[j] = (least[j] as number) - delta;
        }
      }
      column = next;
    } while (rowOf[column] !== 0);
    while (column !== 0) {
      const previous = before[column] as number;
      rowOf[column] = rowOf[previous] as number;
      column = previous;
    }
  }
  const columnOf = new Int32Array(n);
  for (let j = 1; j <= n; j++) columnOf[(rowOf[j] as number) - 1] = j - 1;
  return columnOf;
}
