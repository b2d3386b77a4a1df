/** Parquet files as one table. */
import { LyceumError } from '@lyceum/proto';
import { OpenParquet } from './parquet/index.js';
import type { ParquetFile } from './parquet-files.js';
import type { Table, TableRow } from './table.js';

/**
 * @param files - one or more; the first says what the columns are.
 * @throws {LyceumError} INVALID_ARGUMENT naming the file that cannot be read; also while rows are read.
 */
export async function openParquetTable(files: readonly ParquetFile[]): Promise<Table> {
  const [first] = files;
  if (first === undefined) throw new LyceumError('INVALID_ARGUMENT', 'there is no Parquet file');
  const { columns, image, label, classNamesOf } = (await openFile(first.path)).features;
  const folders = [...first.partition.keys()].filter((name) => !columns.includes(name));
  return {
    columns: [...columns, ...folders],
    image,
    label,
    classNamesOf,
    folder: undefined,
    rows: (wanted) => rowsOf(files, wanted),
  };
}

async function openFile(path: string): Promise<OpenParquet> {
  const { asyncBufferFromFile } = await import('hyparquet');
  return OpenParquet.open(path, await asyncBufferFromFile(path));
}

async function* rowsOf(
  files: readonly ParquetFile[],
  wanted: readonly string[],
): AsyncGenerator<TableRow, void, undefined> {
  for (const { path, name: fileName, split, partition } of files) {
    const file = await openFile(path);
    const { columns } = file.features;
    const missing = wanted.find((column) => !columns.includes(column) && !partition.has(column));
    if (missing !== undefined) {
      throw file.refusal(`has no column ${missing}, and the first file has`);
    }
    const stored = wanted.filter((column) => columns.includes(column));
    for (const [group, { rowStart, rowEnd }] of file.groups.entries()) {
      const data = await file.readGroup(group, stored);
      for (let row = rowStart; row < rowEnd; row++) {
        const entries = wanted.map((name) => [
          name,
          data.get(name)?.[row - rowStart] ?? partition.get(name) ?? null,
        ]);
        yield {
          where: `${fileName} row ${row + 1}`,
          values: Object.fromEntries(entries),
          split,
        };
      }
    }
  }
}
