/**
 * A set of several modalities from several sources, one source for each. Rows of the sources are matched by ids
 * (align-sources.ts), or by their place if the user says so. Rows of encoded tables wait on disk until it is known
 * which of them are in the train split (modality-rows.ts).
 */
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import { checkModalityNames, type StoredRows } from '../datasets/index.js';
import { type AlignedSamples, alignSources } from './align-sources.js';
import { askAbout, putAside, refuseKinds } from './columns/index.js';
import {
  hasColumns,
  type ImportedSource,
  type ImportPlaces,
  importedSource,
  knownClasses,
  openSource,
  refuseOptions,
  type StreamedSource,
} from './import-source.js';
import {
  type Align,
  type CollectedModality,
  encodeModalities,
  isCollected,
  noCommonSample,
  type ReadModality,
} from './modality-rows.js';
import {
  ClassNumbers,
  type ColumnKind,
  collectSamples,
  finishSamples,
  Ignored,
  type ImportOptions,
  Refusals,
  type RefusedSample,
  type Sample,
} from './samples/index.js';
import type { LabelledRow } from './tables/index.js';

/** The source of a modality. */
export interface ModalitySource {
  readonly name: string;
  /** A table, or a folder of images. */
  readonly source: string;
  /** For a table: the modality's columns. Absent: all but those of id, class and split. */
  readonly columns?: readonly string[];
}

/**
 * How rows are matched: by `ids` (the column of ids; of an image its file's name without the ending), or as `rows`, by
 * place.
 */
export type Alignment = 'ids' | 'rows';

interface OpenSource extends StreamedSource {
  readonly name: string;
  /** The source's path. */
  readonly source: string;
}

/** Name under which splits are drawn. */
const KIND = 'modalities';

const NO_KINDS: ReadonlyMap<string, ColumnKind> = new Map();

/** `NAME=SOURCE`, or for a table `NAME=SOURCE#COLUMN,COLUMN`. */
export function parseModality(text: string): ModalitySource {
  const match = /^([^=]+)=(.+?)(?:#([^#/]+))?$/.exec(text);
  if (match === null) {
    const want = 'want NAME=SOURCE, or NAME=SOURCE#COLUMN,… of a table: pixels=digits.csv';
    throw refusal(`modality "${text}": ${want}`);
  }
  const [, name = '', source = '', listed] = match;
  if (listed === undefined) return { name, source };
  const columns = listed.split(',');
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice !== undefined) throw refusal(`modality "${text}": column ${twice} is there twice`);
  return { name, source, columns };
}

/**
 * @param modalities - two or more.
 * @throws {LyceumError} NOT_FOUND if a source does not exist, INVALID_ARGUMENT naming what is wrong with one.
 */
export async function importModalities(
  modalities: readonly ModalitySource[],
  alignment: Alignment,
  options: ImportOptions,
  places: ImportPlaces,
): Promise<ImportedSource> {
  requireNames(modalities.map(({ name }) => name));
  const sources = await openSources(modalities, options);
  requireIds(sources, alignment, options);
  askAbout(sources.flatMap(({ unclaimed = [] }) => unclaimed));
  const own = sources.flatMap(({ classNames }) => (classNames === undefined ? [] : [classNames]));
  const classes = knownClasses(options.classes, own[0]);
  const areValues = sources.filter(({ isLabelled }) => isLabelled).every(hasColumns);
  const numbers = new ClassNumbers(classes, areValues);
  const refusals = new Refusals(places.onRefused);
  const ignored = new Ignored();
  const { scratch, signal, onRead } = places;
  const common = {
    kind: KIND,
    classes,
    areValues,
    split: options.split,
    refusals,
    scratch,
    signal,
    onRead,
  };
  const sink = { ...common, source: 'the sources' };
  const align: Align = (rows, refuse) => {
    const idName = alignment === 'rows' ? 'row' : 'id';
    return alignSources(rows, idName, (number) => numbers.nameOf(number), refuse);
  };
  const read: ReadModality[] = [];
  const kinds = options.columns ?? NO_KINDS;
  try {
    for (const [index, source] of sources.entries()) {
      const { name, encoded } = source;
      const own = { ...sink, source: source.source, file: `source-${index}`, classes: numbers };
      if (encoded === undefined) {
        const { samples, ...open } = await source.open(sink, ignored);
        const named = identified(samples, name, alignment);
        read.push({ name, ...open, ...(await collectSamples(named, own)) });
      } else {
        const named = identified(encoded.rows(), name, alignment);
        read.push({ name, ...(await putAside(named, encoded.names, kinds, own)) });
      }
    }
    if (alignment === 'rows') requireEqualCounts(read);
    const splitSource = await encodeModalities(read, { align, kinds, classes: numbers, sink });
    const collected = read.filter(isCollected);
    const aligned = align(collected, (refused) => refusals.add(refused));
    if (aligned.labels.length === 0) throw noCommonSample(refusals);
    const found = { ...aligned, splitSource };
    const written = await finishSamples(storedRows(collected, aligned), found, numbers, sink);
    const kind = sources.map((source) => source.kind).join(', ');
    const columns = new Map(collected.map((modality) => [modality.name, modality]));
    return importedSource(kind, written, columns, refusals, ignored);
  } finally {
    for (const { rows } of read.filter(isCollected)) await rows.close();
  }
}

function requireNames(names: readonly string[]): void {
  checkModalityNames(names, '--modality');
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refusal(`--modality: ${twice} is there twice`);
  if (names.length < 2) throw refusal('--modality: want two or more; one alone needs no name');
}

async function openSources(
  modalities: readonly ModalitySource[],
  options: ImportOptions,
): Promise<OpenSource[]> {
  const sources: OpenSource[] = [];
  for (const { name, source, columns } of modalities) {
    try {
      const opened = await openSource(source, options, { columns });
      if (opened === undefined) throw await notStreamed(source);
      sources.push({ ...opened, name, source });
    } catch (err) {
      throw within(`modality ${name}`, err);
    }
  }
  const kinds = sources.map(({ kind }) => kind).join(', ');
  refuseOptions(
    options,
    sources.flatMap(({ takes }) => takes),
    kinds,
  );
  requireColumns(sources, options);
  if (!sources.some(({ isLabelled }) => isLabelled)) {
    throw refusal('no source has a column of the class; --label names it');
  }
  return sources;
}

function requireColumns(
  sources: readonly OpenSource[],
  { columns, raw = false }: ImportOptions,
): void {
  if (columns === undefined) return;
  refuseKinds({ columns, raw }, true);
  const known = sources.flatMap(({ others = [] }) => others);
  const strange = [...columns.keys()].find((name) => !known.includes(name));
  if (strange === undefined) return;
  throw refusal(`--columns: no modality has a column "${strange}" beside class, split and id`);
}

function requireIds(
  sources: readonly OpenSource[],
  alignment: Alignment,
  { id }: ImportOptions,
): void {
  const table = sources.find(({ takes }) => takes.includes('id'));
  if (alignment === 'rows' && id === undefined) return;
  if (alignment === 'rows') throw refusal('want --id or --by-row, not both');
  if (table === undefined || id !== undefined) return;
  const message = `modality ${table.name} is of a table; --id names the column of its samples' ids, or --by-row says that row n of each source is the same sample`;
  throw refusal(message);
}

/** Adds the source's name to each sample's place, and, if rows are matched by place, the row's number as id. */
async function* identified<Row extends Sample | LabelledRow>(
  rows: AsyncIterable<Row | RefusedSample>,
  name: string,
  alignment: Alignment,
): AsyncGenerator<Row | RefusedSample, void, undefined> {
  let row = 0;
  for await (const sample of rows) {
    row += 1;
    const where = `${name}, ${sample.where}`;
    if ('refusal' in sample) yield { ...sample, where };
    else {
      const own = sample.id ?? basename(sample.where, extname(sample.where));
      yield { ...sample, where, id: alignment === 'rows' ? String(row) : own };
    }
  }
}

function requireEqualCounts(sources: readonly ReadModality[]): void {
  if (new Set(sources.map(({ sourceCount }) => sourceCount)).size === 1) return;
  const counts = sources.map(({ name, sourceCount }) => `${name} has ${sourceCount}`);
  throw refusal(`--by-row wants as many rows in every source: ${counts.join(', ')}`);
}

function storedRows(
  sources: readonly CollectedModality[],
  { orders }: AlignedSamples,
): Map<string, StoredRows> {
  const entries = sources.map(({ name, rows, encoding, kept: columns }, index) => {
    return [name, { rows, order: orders[index] as Uint32Array, encoding, columns }] as const;
  });
  return new Map(entries);
}

async function notStreamed(source: string): Promise<LyceumError> {
  const found = await stat(source).catch(() => undefined);
  if (found === undefined) return new LyceumError('NOT_FOUND', `${source}: no such file or folder`);
  const message = `${source}: want a table or a folder of images; arrays of several modalities are one NPZ file, as inputs.NAME each`;
  return refusal(message);
}

function within(where: string, thrown: unknown): LyceumError {
  const err = toLyceumError(thrown);
  return new LyceumError(err.code, `${where}: ${err.message}`, { cause: err });
}

function refusal(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
