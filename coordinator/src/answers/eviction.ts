/** Which tables of answers go when there is too little room. Pure. */

export interface StoredTable {
  /** The file's name. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly lastUsedAtMs: number;
}

/**
 * The tables to delete, those unused longest first, until the rest takes no more than `maxBytes`.
 *
 * @param isNeeded - whether a run in progress may ask for the table: then it stays, whatever room it takes.
 */
export function tablesToEvict<T extends StoredTable>(
  tables: readonly T[],
  maxBytes: number,
  isNeeded: (table: T) => boolean,
): T[] {
  let bytes = tables.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const byAge = [...tables].sort(
    (a, b) => a.lastUsedAtMs - b.lastUsedAtMs || (a.name < b.name ? -1 : 1),
  );
  const evicted: T[] = [];
  for (const table of byAge) {
    if (bytes <= maxBytes) break;
    if (isNeeded(table)) continue;
    evicted.push(table);
    bytes -= table.sizeBytes;
  }
  return evicted;
}
