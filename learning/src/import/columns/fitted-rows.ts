/**
 * Rows of a table whose encoding is fitted on the train split. The source is read once, and its rows are stored on
 * disk with cells and class. Then the splits are chosen, and further passes read the stored rows.
 */
import { join } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import { GrowingInt32 } from '../../arrays/index.js';
import {
  type Cell,
  cellOf,
  encodeRow,
  encodingSizeProblem,
  numberOf,
  SampleRefusedError,
} from '../../datasets/encoding/index.js';
import {
  type RawRow,
  SPLIT_NAMES,
  SPLIT_NUMBERS,
  type TableColumn,
  TEXT_MAX_BYTES,
} from '../../datasets/index.js';
import { linesOf, SpooledBytes } from '../../files/index.js';
import {
  ClassNumbers,
  type CollectedSamples,
  type CollectingSink,
  type ColumnKind,
  chosenSplits,
  finalLabels,
  noSamples,
  type OpenSamples,
  orRefused,
  type RefusedSample,
  type Sample,
  type SampleSink,
} from '../samples/index.js';
import type { LabelledRow } from '../tables/index.js';
import {
  ClassTelling,
  ColumnFacts,
  columnKinds,
  type FittedTable,
  fittedTable,
  ValueCounts,
} from './fit-table.js';

/** Encoded samples; each has its split. */
export interface EncodedSamples extends OpenSamples {
  readonly columns: FittedTable['columns'];
}

/** Rows stored on disk until splits are chosen, and what else is known of them. */
export interface RowsAside extends Omit<CollectedSamples, 'rows'> {
  /** Path of the stored rows. */
  readonly file: string;
  /** Names of the columns that are encoded. */
  readonly names: readonly string[];
}

interface StoredRow {
  readonly where: string;
  readonly id?: string | undefined;
  readonly label: string | undefined;
  /** In the order of the columns. */
  readonly cells: readonly Cell[];
}

/** Greatest size of one stored row: a source's record may have 8 MiB, and takes more as JSON. */
const ROW_MAX_BYTES = 64 * 1024 * 1024;

/**
 * If the keys of JSON objects are data, such as ids, each becomes a column. The number of cells then grows with the
 * square of the rows: a file of a megabyte would take hours and fill the disk. Such a table is known by its many
 * columns, nearly all of them empty in each row.
 */
const SPARSE_FROM_COLUMNS = 10_000;
const SPARSE_FROM_CELLS = 2 ** 23;
const LEAST_FILLED_SHARE = 0.001;

/**
 * The samples of a table that is a whole set by itself.
 *
 * @param names - names of the columns that are encoded.
 * @param wanted - the kinds that the user says; other columns' kinds are guessed.
 * @throws {LyceumError} INVALID_ARGUMENT if the rows cannot be split, or the columns cannot be fitted.
 */
export async function fittedSamples(
  rows: AsyncIterable<LabelledRow | RefusedSample>,
  names: readonly string[],
  wanted: ReadonlyMap<string, ColumnKind>,
  sink: SampleSink,
): Promise<EncodedSamples> {
  const classes = new ClassNumbers(sink.classes, sink.areValues);
  const aside = await putAside(rows, names, wanted, { ...sink, file: 'cells', classes });
  const labels = finalLabels(aside.labels, classes.ordered());
  const { splits, source } = chosenSplits(sink.kind, sink.split, labels, aside.splits);
  const encoded = await encodedSamples(aside, splits, wanted, sink.signal);
  return { ...encoded, splitSource: source };
}

/**
 * @param wanted - as {@link fittedSamples}. A column that is left out may hold anything.
 * @throws {LyceumError} INVALID_ARGUMENT if there are no rows.
 */
export async function putAside(
  rows: AsyncIterable<LabelledRow | RefusedSample>,
  names: readonly string[],
  wanted: ReadonlyMap<string, ColumnKind>,
  { source, file, classes, refusals, scratch, signal }: CollectingSink,
): Promise<RowsAside> {
  const labels = new GrowingInt32();
  const splits = new GrowingInt32();
  const ids: string[] = [];
  let sourceCount = 0;
  let filledCount = 0;
  const path = join(scratch, file);
  const spooled = await SpooledBytes.open(path);
  const store = async ({ where, id, label, split, values }: LabelledRow): Promise<undefined> => {
    // Many programs leave out empty cells when they write JSON.
    const cells = names.map((name) =>
      wanted.get(name) === 'ignore' ? null : cellOf(values[name] ?? null, name),
    );
    labels.push(classes.numberOf(label));
    splits.push(split === undefined ? 0 : SPLIT_NUMBERS[split]);
    if (id !== undefined) ids.push(id);
    const stored: StoredRow = { where, id, label, cells };
    await spooled.append(Buffer.from(`${JSON.stringify(stored)}\n`));
  };
  try {
    for await (const row of rows) {
      signal?.throwIfAborted();
      sourceCount += 1;
      const refused = 'refusal' in row ? row : await orRefused(row.where, () => store(row));
      if (refused !== undefined) refusals.add(refused);
      else if ('values' in row) filledCount += Object.keys(row.values).length;
      refuseSparse(names.length, sourceCount, filledCount);
    }
    await spooled.flush();
  } finally {
    await spooled.close();
  }
  if (spooled.sizeBytes === 0) throw noSamples(source, refusals);
  return {
    file: path,
    names,
    ids,
    labels: labels.values(),
    splits: splits.values(),
    sourceCount,
  };
}

function refuseSparse(columnCount: number, rowCount: number, filledCount: number): void {
  const cellCount = columnCount * rowCount;
  if (columnCount < SPARSE_FROM_COLUMNS || cellCount < SPARSE_FROM_CELLS) return;
  if (filledCount >= LEAST_FILLED_SHARE * cellCount) return;
  const message = `the table has ${columnCount} columns, and a row ${Math.round(filledCount / rowCount)} of them on average: are its keys data, as ids are? Want the same keys in all rows; --columns NAME=ignore leaves columns out`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

/**
 * @param splits - split number of each row; 0: the row is in no split, but is encoded like the others.
 * @param wanted - as {@link fittedSamples}.
 * @throws {LyceumError} INVALID_ARGUMENT if columns cannot be fitted on the train split.
 */
export async function encodedSamples(
  { file, names, labels }: RowsAside,
  splits: ArrayLike<number>,
  wanted: ReadonlyMap<string, ColumnKind>,
  signal: AbortSignal | undefined,
): Promise<EncodedSamples> {
  const trainRows = async function* (): AsyncGenerator<TrainRow, void, undefined> {
    let row = 0;
    for await (const { cells } of storedRows(file)) {
      signal?.throwIfAborted();
      const [split, label = -1] = [splits[row], labels[row]];
      row += 1;
      if (split === SPLIT_NUMBERS.train) yield { cells, label };
    }
  };
  const fitted = await fit(names, wanted, trainRows);
  const problem = encodingSizeProblem(fitted.encoding);
  if (problem !== undefined) {
    const message = `the encoding of the table ${problem}; --columns NAME=ignore leaves columns out, --raw takes numbers as they are`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return { ...fitted, samples: encodedRows(file, names, splits, fitted) };
}

async function* storedRows(file: string): AsyncGenerator<StoredRow, void, undefined> {
  for await (const line of linesOf(file, ROW_MAX_BYTES)) yield JSON.parse(line) as StoredRow;
}

interface TrainRow {
  readonly cells: readonly Cell[];
  /** −1: unlabelled. */
  readonly label: number;
}

async function fit(
  names: readonly string[],
  wanted: ReadonlyMap<string, ColumnKind>,
  trainRows: () => AsyncIterable<TrainRow>,
): Promise<FittedTable> {
  const facts = names.map(() => new ColumnFacts());
  const tellings = names.map(() => new ClassTelling());
  for await (const { cells, label } of trainRows()) {
    for (const [index, own] of facts.entries()) {
      const cell = cells[index] ?? null;
      own.add(cell);
      tellings[index]?.add(cell, label);
    }
  }
  if (facts.every(({ rowCount }) => rowCount === 0)) {
    throw new LyceumError('INVALID_ARGUMENT', 'the train split is empty; columns are fitted on it');
  }
  const kinds = columnKinds(names, facts, wanted);
  const counted = [...kinds.entries()].filter(([, kind]) => kind === 'category');
  const counts = counted.map(([index]) => ({ index, values: new ValueCounts() }));
  if (counts.length > 0) {
    for await (const { cells } of trainRows()) {
      for (const { index, values } of counts) values.add(cells[index] ?? null);
    }
  }
  const byName = counts.map(({ index, values }) => [names[index] as string, values] as const);
  return fittedTable(names, facts, kinds, new Map(byName), wanted, tellings);
}

async function* encodedRows(
  file: string,
  names: readonly string[],
  splits: ArrayLike<number>,
  { encoding, kept }: FittedTable,
): AsyncGenerator<Sample | RefusedSample, void, undefined> {
  let row = 0;
  for await (const { where, id, label, cells } of storedRows(file)) {
    const split = SPLIT_NAMES[(splits[row++] as number) - 1];
    const values = Object.fromEntries(names.map((name, index) => [name, cells[index]]));
    yield orRefused(where, async () => {
      const encoded = encodeRow(encoding, values);
      const raw = rawRow(kept, values);
      return { where, id, label, split, shape: [encoded.length], values: encoded, raw };
    });
  }
}

/** @throws {SampleRefusedError} if a cell is longer than a set keeps. */
function rawRow(
  columns: readonly TableColumn[],
  values: Readonly<Record<string, Cell | undefined>>,
): RawRow {
  const raw = { texts: [] as string[], numbers: [] as number[] };
  for (const { name, kind } of columns) {
    const cell = values[name] ?? null;
    if (kind === 'number') {
      // Earlier checks refused any other text in columns that are encoded.
      const number = numberOf(cell);
      raw.numbers.push(typeof number === 'number' ? number : Number.NaN);
      continue;
    }
    const text = cell === null ? '' : String(cell);
    const bytes = Buffer.byteLength(text);
    if (bytes > TEXT_MAX_BYTES) {
      const message = `column ${name}: has ${bytes} bytes; at most ${TEXT_MAX_BYTES}`;
      throw new SampleRefusedError('too long', message);
    }
    raw.texts.push(text);
  }
  return raw;
}
