/** A table of 120 people, for tests of models that read columns (fixtures/onnx-table/people.csv). */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  columnCells,
  type Dataset,
  parseDataset,
  sampleTextsOf,
  type TableCells,
} from '../src/datasets/index.js';
import { importSource } from '../src/import/import-source.js';

const SOURCE = fileURLToPath(new URL('./fixtures/onnx-table/people.csv', import.meta.url));

/** The data set that an import makes of the table. */
export async function readPeople(): Promise<Dataset> {
  const scratch = mkdtempSync(join(tmpdir(), 'lyceum-tables-'));
  try {
    const places = { cacheFolder: scratch, scratch };
    const { content } = await importSource(SOURCE, { label: 'pay' }, places);
    return parseDataset(await readFile(content as string));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

export function samplesOf({ sampleCount }: Dataset): Uint32Array {
  return Uint32Array.from({ length: sampleCount }, (_, sample) => sample);
}

/** The column of trades as a data set of texts, in place of the table. */
export function tradesOf(people: Dataset): Dataset {
  const { columns = [], cells, ...others } = people;
  const trades = columnCells(columns, cells as TableCells)[2];
  const texts = Array.from(samplesOf(people), (sample) => String(trades?.at(sample)));
  return { ...others, texts: sampleTextsOf(texts) };
}

/** The greatest difference between numbers at the same index. */
export function furthest(want: readonly number[], given: ArrayLike<number>): number {
  return Math.max(...want.map((value, i) => Math.abs(value - (given[i] as number))));
}
