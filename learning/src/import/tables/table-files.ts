/**
 * Files with one table each, by their endings, perhaps packed: `.csv.gz`. A new kind needs a file that opens it, and a
 * line here.
 */
import { openCsvTable } from './csv-table.js';
import { openJsonLinesTable } from './json-lines-table.js';
import { openJsonTable } from './json-table.js';
import type { Table } from './table.js';
import { unpackedName } from './table-bytes.js';

export interface TableFile {
  /** The kind in a set's summary. */
  readonly kind: string;
  readonly endings: readonly string[];
  open(path: string): Promise<Table>;
}

const TABLE_FILES: readonly TableFile[] = [
  { kind: 'csv', endings: ['csv', 'tsv'], open: openCsvTable },
  { kind: 'json-lines', endings: ['jsonl', 'ndjson'], open: openJsonLinesTable },
  { kind: 'json', endings: ['json'], open: openJsonTable },
];

/** `.csv, .tsv, …`. */
export const TABLE_ENDINGS = TABLE_FILES.flatMap(({ endings }) => endings)
  .map((ending) => `.${ending}`)
  .join(', ');

/** The kind of table by the file's name; undefined: it is no table. */
export function tableFileAt(path: string): TableFile | undefined {
  const ending = /\.([a-z]+)$/.exec(unpackedName(path).toLowerCase())?.[1] ?? '';
  return TABLE_FILES.find(({ endings }) => endings.includes(ending));
}
