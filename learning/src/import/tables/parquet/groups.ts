/**
 * Checks what a Parquet file's footer says of its row groups: the library reads nulls for a column that a group leaves
 * out.
 */
import type { FileMetaData } from 'hyparquet';

/**
 * @param leaves - the schema's columns that hold values, by path.
 * @throws {Error} saying what does not fit.
 */
export function refuseFalseGroups(
  { num_rows: rowCount, row_groups: groups }: FileMetaData,
  leaves: readonly string[],
): void {
  const wanted = `${[...leaves].sort()}`;
  for (const [group, { columns }] of groups.entries()) {
    // Of an encrypted column even the name may be unknown.
    if (columns.some(({ crypto_metadata: crypto }) => crypto !== undefined)) continue;
    const paths = columns.map(({ meta_data: column }) => column?.path_in_schema?.join('.'));
    if (`${paths.sort()}` !== wanted) {
      throw new Error(`row group ${group} has other columns than the schema`);
    }
  }
  const count = groups.reduce((sum, { num_rows: rows }) => sum + Number(rows), 0);
  // Some files with rows claim 0 (parquet-rs 0.3).
  if (count < Number(rowCount)) {
    throw new Error(`its row groups have ${count} rows, and the file ${rowCount}`);
  }
}
