/** Reads rows from CSV, JSON Lines and Parquet. */
export { objectOf } from './json-lines-table.js';
export { OpenParquet, ParquetRefusedError } from './parquet/index.js';
export { parquetFiles } from './parquet-files.js';
export { openParquetTable } from './parquet-table.js';
export type { LabelledRow, RowValues, Table } from './table.js';
export { TABLE_ENDINGS, tableFileAt } from './table-files.js';
export { openTableFolder } from './table-folder.js';
