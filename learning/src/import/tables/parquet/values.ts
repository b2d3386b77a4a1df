/**
 * Checks values of a Parquet column against what the file says of them. Pages seldom have checksums; the library reads
 * a place beyond the end of a dictionary as nothing; and it cuts a first value of 33 bits, which DuckDB writes for
 * unsigned numbers of 32 bits.
 */
import type { ColumnMetaData, DecodedArray } from 'hyparquet';

/** @returns what does not fit; undefined: everything fits, or the file says nothing. */
export function valuesProblem(
  { path_in_schema: path, type, statistics }: ColumnMetaData,
  values: DecodedArray,
): string | undefined {
  const { min_value: least, max_value: greatest } = statistics ?? {};
  const isWhole = type === 'INT32' || type === 'INT64';
  const isBounded = isWhole && isNumber(least) && isNumber(greatest);
  const isFlat = path.length === 1;
  for (const value of values as Iterable<unknown>) {
    if (isFlat && value === undefined) return 'a value is not in its dictionary';
    if (!isBounded || !isNumber(value) || (value >= least && value <= greatest)) continue;
    return `${value} was read, or misread, and its statistics say ${least} to ${greatest}`;
  }
  return undefined;
}

/**
 * The float64 nearest to each decimal number. The library multiplies by a power of ten, which often misses it: 1.15 is
 * read as 1.1500000000000001, and would be a class of that name.
 *
 * @param scale - the digits behind the point.
 */
export function nearestDecimals(values: DecodedArray, scale: number): DecodedArray {
  return Array.from(values as Iterable<unknown>, (value) =>
    typeof value === 'number' ? Number(value.toFixed(scale)) : value,
  );
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}
