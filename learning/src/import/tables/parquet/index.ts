/** Reads Parquet by the library hyparquet, and checks what it would believe. */
export { OpenParquet, ParquetRefusedError } from './file.js';
