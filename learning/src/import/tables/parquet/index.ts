/** Reads Parquet by the library hyparquet, and checks first what the library would believe. */
export { OpenParquet, ParquetRefusedError } from './file.js';
