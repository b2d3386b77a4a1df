/** Which tables stay open, and whose rows stay in memory: those used last. Pure. */

/** Rows kept in memory, all tables together. */
const ANSWER_MEMORY_BYTES = 256 * 1024 * 1024;

/** Tables open at a time, those in use aside: each is a file handle and an index. */
const OPEN_TABLE_COUNT = 256;

/** Indexes in memory, those of tables in use aside: four bytes a sample and table. */
const ANSWER_INDEX_BYTES = 128 * 1024 * 1024;

/**
 * A table's rows stay in memory for so long after a use. So if not all tables in use fit, some are read from their
 * files, and none is loaded again and again.
 */
const KEPT_AFTER_USE_MS = 5_000;

export interface OpenTableLimits {
  readonly memoryBytes: number;
  readonly openTableCount: number;
  readonly indexBytes: number;
}

export const OPEN_TABLE_LIMITS: OpenTableLimits = {
  memoryBytes: ANSWER_MEMORY_BYTES,
  openTableCount: OPEN_TABLE_COUNT,
  indexBytes: ANSWER_INDEX_BYTES,
};

export interface TableInUse {
  /** Undefined: it is being opened. */
  readonly opened: { readonly memoryBytes: number; readonly indexBytes: number } | undefined;
  readonly lastUsedAtMs: number;
  /** Operations going on. */
  readonly useCount: number;
}

/**
 * Chooses the tables whose rows leave memory, so that `neededBytes` more fit.
 *
 * @param tables - in the order of their last use.
 * @returns undefined if too much of them is in use.
 */
export function rowsToDrop<T extends TableInUse>(
  tables: readonly T[],
  neededBytes: number,
  { memoryBytes }: Pick<OpenTableLimits, 'memoryBytes'>,
  nowMs: number,
): T[] | undefined {
  let bytes = tables.reduce((sum, { opened }) => sum + (opened?.memoryBytes ?? 0), neededBytes);
  const dropped: T[] = [];
  for (const table of tables) {
    if (bytes <= memoryBytes || table.lastUsedAtMs > nowMs - KEPT_AFTER_USE_MS) break;
    if (table.opened === undefined) continue;
    bytes -= table.opened.memoryBytes;
    dropped.push(table);
  }
  return bytes > memoryBytes ? undefined : dropped;
}

/**
 * Chooses the tables to close, so that the rest keeps the limits; tables in use stay open.
 *
 * @param tables - as above.
 */
export function tablesToClose<T extends TableInUse>(
  tables: readonly T[],
  limits: Pick<OpenTableLimits, 'openTableCount' | 'indexBytes'>,
): T[] {
  let count = tables.length;
  let bytes = tables.reduce((sum, { opened }) => sum + (opened?.indexBytes ?? 0), 0);
  const closed: T[] = [];
  for (const table of tables) {
    if (count <= limits.openTableCount && bytes <= limits.indexBytes) break;
    if (table.useCount > 0 || table.opened === undefined) continue;
    count--;
    bytes -= table.opened.indexBytes;
    closed.push(table);
  }
  return closed;
}
