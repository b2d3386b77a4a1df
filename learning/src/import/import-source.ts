/**
 * From what a user names on the command line to a data set's file, whatever the kind of source: whole arrays
 * (import-dataset.ts), or samples read in a stream.
 */
import { readFile, stat } from 'node:fs/promises';
import { InvalidDocumentError, LyceumError } from '@lyceum/proto';
import { textEncoding } from '../datasets/encoding/index.js';
import {
  encodeStoredDataset,
  NAMELESS,
  parseStoredDataset,
  sharedSamples,
  valueType,
} from '../datasets/index.js';
import {
  type ImportedDataset,
  importDataset,
  importIdx,
  isIdxFolder,
  readDataFile,
} from './arrays/index.js';
import {
  askAbout,
  chosenColumns,
  labelledRows,
  type OpenTable,
  openTable,
  type SharedOptions,
  type Unclaimed,
} from './columns/index.js';
import { scaleWarnings, shapeWarnings, sharedWarnings } from './dataset-warnings.js';
import { ClassFolders, imageFolderSamples } from './images/index.js';
import {
  type ImportSummary,
  importedModality,
  importSummary,
  type SummaryColumns,
} from './import-summary.js';
import {
  Ignored,
  type ImportOptions,
  type KnownClasses,
  Refusals,
  type RefusedProblem,
  type RefusedSample,
  type SampleSink,
  type WrittenSamples,
  writeSamples,
} from './samples/index.js';
import { folderContent, IMAGES, TEXTS } from './source-folder.js';
import {
  type LabelledRow,
  openParquetTable,
  openTableFolder,
  parquetFiles,
  type Table,
  tableFileAt,
} from './tables/index.js';
import { textFolderSamples } from './texts/index.js';

export interface ImportedSource {
  /** The set's file: its bytes, or its path. */
  readonly content: Uint8Array | string;
  readonly summary: ImportSummary;
}

export interface ImportPlaces {
  /** The folder into which the set-up unpacks data sets. */
  readonly cacheFolder: string;
  /** An empty folder with room for twice the set. The caller removes it. */
  readonly scratch: string;
  readonly signal?: AbortSignal;
  /** Is called with every refused sample, however many there are. */
  readonly onRefused?: (refused: RefusedProblem) => void;
  /** Is called with the number of samples that were read, of each source anew; not for arrays. */
  readonly onRead?: (sampleCount: number) => void;
}

/** A source that is read in a stream. */
export interface StreamedSource {
  readonly kind: string;
  /** The options that apply to this kind of source. */
  readonly takes: readonly (keyof ImportOptions)[];
  /** Whether the source gives classes. */
  readonly isLabelled: boolean;
  /** Names of classes, if the source itself has them. */
  readonly classNames?: readonly string[] | undefined;
  /** For a table: the columns that `columns` may name. */
  readonly others?: readonly string[];
  /** Columns that the user must be asked about. */
  readonly unclaimed?: readonly Unclaimed[];
  /**
   * For a table that is encoded by its values in the train split: the encoded columns, and the rows, which can be read
   * once.
   */
  readonly encoded?: {
    readonly names: readonly string[];
    readonly rows: () => AsyncIterable<LabelledRow | RefusedSample>;
  };
  /** @param ignored - notes the files that are left out. */
  open(sink: SampleSink, ignored: Ignored): OpenTable | Promise<OpenTable>;
}

/**
 * @param source - `digits`, `fashion`; an NPZ file; a folder of IDX files; a folder of images or texts, one folder a
 * class; a table: a file of CSV, TSV, JSON or Parquet, or a folder of Parquet files, or of tables of splits.
 * @throws {LyceumError} NOT_FOUND if it does not exist, INVALID_ARGUMENT naming what is wrong with it or an option.
 */
export async function importSource(
  source: string,
  options: ImportOptions,
  places: ImportPlaces,
): Promise<ImportedSource> {
  const streamed = await openSource(source, options);
  if (streamed === undefined) {
    return wholeSource(
      await importDataset(source, places.cacheFolder, () => arrayOptions(options)),
    );
  }
  refuseOptions(options, streamed.takes, streamed.kind);
  const { kind, unclaimed = [] } = streamed;
  askAbout(unclaimed);
  const refusals = new Refusals(places.onRefused);
  const ignored = new Ignored();
  const classes = knownClasses(options.classes, streamed.classNames);
  const { scratch, signal, onRead } = places;
  const areValues = hasColumns(streamed);
  const { split } = options;
  const common = { kind, classes, areValues, split, refusals, scratch, signal, onRead };
  const sink = { source, ...common };
  const open = await streamed.open(sink, ignored);
  const written = await writeSamples(open, sink).catch((err: unknown) => {
    // If samples were refused, these may be the reason why the rest is no data set.
    const isWhole = refusals.count === 0 || !(err instanceof InvalidDocumentError);
    if (isWhole || err.problems[0]?.path === refusals.first[0]?.path) throw err;
    throw new InvalidDocumentError(source, [...err.problems, ...refusals.first]);
  });
  const columns = new Map([[NAMELESS, open]]);
  const imported = importedSource(kind, written, columns, refusals, ignored);
  const warnings = [...imported.summary.warnings, ...(open.warnings?.() ?? [])];
  return { ...imported, summary: { ...imported.summary, warnings } };
}

/** @param columns - columns of tables, by modality. */
export function importedSource(
  kind: string,
  written: WrittenSamples,
  columns: ReadonlyMap<string, SummaryColumns>,
  refusals: Refusals,
  ignored: Ignored,
): ImportedSource {
  const modalities = [...written.modalities].map(([name, { rows, encoding }]) =>
    importedModality(name, rows.format, encoding, columns.get(name)),
  );
  const summary = importSummary({ ...written, kind, modalities }, refusals, ignored);
  return { content: written.file, summary };
}

/** Paths of IDX files, plain or gzip. */
export interface IdxPaths {
  readonly images: string;
  readonly labels: string;
  /** Both or none. Without them the test split is taken from the images. */
  readonly testImages?: string | undefined;
  readonly testLabels?: string | undefined;
}

/** As {@link importSource}, for IDX files that are named one by one. */
export function importIdxFiles(paths: IdxPaths, options: ImportOptions): ImportedSource {
  const chosen = arrayOptions(options);
  const { testImages, testLabels } = paths;
  const files = {
    images: readDataFile(paths.images),
    labels: readDataFile(paths.labels),
    testImages: testImages === undefined ? undefined : readDataFile(testImages),
    testLabels: testLabels === undefined ? undefined : readDataFile(testLabels),
  };
  const { parts, ...sources } = importIdx(files, chosen);
  return wholeSource({ bytes: encodeStoredDataset(parts), ...sources });
}

/** Options that apply to arrays. */
const ARRAY_OPTIONS = ['classes', 'split'] as const;

/** @throws {LyceumError} INVALID_ARGUMENT naming an option that does not apply to arrays. */
function arrayOptions(options: ImportOptions) {
  refuseOptions(options, ARRAY_OPTIONS, 'arrays');
  const { classes, split } = options;
  return { classes: knownClasses(classes, undefined), split };
}

/** The import of arrays that are in memory. */
export function wholeSource({ bytes, ...sources }: ImportedDataset): ImportedSource {
  const stored = parseStoredDataset(bytes);
  const modalities = [...stored.modalities].map(([name, { sampleShape, inputs, encoding }]) =>
    importedModality(name, { sampleShape, valueType: valueType(inputs) }, encoding),
  );
  const summary = importSummary({
    kind: 'arrays',
    facts: stored,
    modalities,
    ...sources,
  });
  const warnings = [...stored.modalities].flatMap(([name, { sampleShape, inputs }]) => {
    const path = name === NAMELESS ? 'inputs' : `inputs.${name}`;
    const isPicture = sampleShape.length === 3 && inputs instanceof Float32Array;
    return [...shapeWarnings(sampleShape, path), ...(isPicture ? scaleWarnings(inputs, path) : [])];
  });
  return { content: bytes, summary: { ...summary, warnings: [...summary.warnings, ...warnings] } };
}

/**
 * Reads the finished set, as the coordinator will.
 *
 * @returns the import, with a further warning if samples are in two splits.
 * @throws {InvalidDocumentError} naming what keeps it from being a data set.
 */
export async function inspectedSource({
  content,
  summary,
}: ImportedSource): Promise<ImportedSource> {
  const bytes = typeof content === 'string' ? await readFile(content) : content;
  const shared = sharedSamples(parseStoredDataset(bytes));
  const warnings = [...summary.warnings, ...sharedWarnings(shared)];
  return { content, summary: { ...summary, warnings } };
}

/**
 * @param areListed - the refused samples have been printed.
 * @param rest - says how to see the samples that are not named.
 * @throws {LyceumError} INVALID_ARGUMENT if samples are refused, naming the first few unless they are listed.
 */
export function requireNothingRefused(
  { refused }: ImportSummary,
  areListed = false,
  rest = '--dry-run counts them',
): void {
  if (refused.count === 0) return;
  if (areListed) {
    const message = `${refused.count} of the source's samples cannot be used, as listed; --skip-refused takes the others`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const first = [...refused.first];
  const more = refused.count - first.length;
  if (more === 0) first.push({ path: '', message: '--skip-refused takes the others' });
  else
    first.push({
      path: '',
      message: `and ${more} more. ${rest}, --skip-refused takes the others`,
    });
  throw new InvalidDocumentError(`${refused.count} of the source's samples`, first);
}

/**
 * @param shared - given if the options are for several sources, of which this is one.
 * @returns undefined if the source is not read as a stream.
 */
export async function openSource(
  source: string,
  options: ImportOptions,
  shared?: SharedOptions,
): Promise<StreamedSource | undefined> {
  const found = await stat(source).catch(() => undefined);
  if (found === undefined) return undefined;
  const tableSource = (kind: string, table: Table) => sourceOf(kind, table, options, shared);
  const parquet = await parquetFiles(source);
  if (parquet.length > 0) return tableSource('parquet', await openParquetTable(parquet));
  if (found.isDirectory()) {
    const folder = await openTableFolder(source, options.image !== undefined);
    if (folder !== undefined) return tableSource(folder.kind, folder.table);
    if (await isIdxFolder(source)) return undefined;
    const content = await folderContent(source);
    return content === 'texts' ? textSource(source, options) : imageSource(source, options);
  }
  const file = tableFileAt(source);
  return file === undefined ? undefined : tableSource(file.kind, await file.open(source));
}

function imageSource(folder: string, options: ImportOptions): StreamedSource {
  return {
    kind: 'images',
    takes: ['size', 'channels', 'fit', 'classes', 'split'],
    isLabelled: true,
    open: async (_, ignored) => {
      const folders = await ClassFolders.open(folder, IMAGES, ignored);
      const warnings = () => folders.warnings();
      return { samples: imageFolderSamples(folders, options), warnings };
    },
  };
}

function textSource(folder: string, { ngrams, buckets }: ImportOptions): StreamedSource {
  const encoding = textEncoding({
    ...(ngrams !== undefined && { ngrams }),
    ...(buckets !== undefined && { buckets }),
  });
  return {
    kind: 'texts',
    takes: ['ngrams', 'buckets', 'classes', 'split'],
    isLabelled: true,
    open: async (_, ignored) => {
      const folders = await ClassFolders.open(folder, TEXTS, ignored);
      const warnings = () => folders.warnings();
      return { encoding, samples: textFolderSamples(folders, encoding), warnings };
    },
  };
}

function sourceOf(
  kind: string,
  table: Table,
  options: ImportOptions,
  shared: SharedOptions | undefined,
): StreamedSource {
  const columns = chosenColumns(table, options, shared);
  const { label, image, text, cells, others, unclaimed } = columns;
  return {
    kind,
    takes: [
      ...(['label', 'classes', 'split', 'id', 'columns'] as const),
      ...(image === undefined ? [] : (['image', 'size', 'channels', 'fit'] as const)),
      ...(text === undefined ? [] : (['text', 'ngrams', 'buckets'] as const)),
      ...(cells.length === 0 ? [] : (['raw'] as const)),
    ],
    isLabelled: label !== undefined,
    classNames: label === undefined ? undefined : table.classNamesOf?.get(label),
    others,
    unclaimed,
    ...(cells.length > 0 &&
      options.raw !== true && {
        encoded: { names: cells, rows: () => labelledRows(table, columns) },
      }),
    open: (sink) => openTable(table, columns, options, sink),
  };
}

/** Whether the source is a table: its classes are values of a column. A folder's classes are names of folders. */
export function hasColumns({ others }: StreamedSource): boolean {
  return others !== undefined;
}

export function knownClasses(
  given: readonly string[] | undefined,
  own: readonly string[] | undefined,
): KnownClasses | undefined {
  if (given !== undefined) return { names: given, order: 'as given' };
  return own === undefined ? undefined : { names: own, order: 'as the source has them' };
}

/** @throws {LyceumError} INVALID_ARGUMENT naming an option that does not apply to this kind of source. */
export function refuseOptions(
  options: ImportOptions,
  takes: readonly (keyof ImportOptions)[],
  kind: string,
): void {
  for (const name of Object.keys(options) as (keyof ImportOptions)[]) {
    if (options[name] === undefined || takes.includes(name)) continue;
    throw new LyceumError('INVALID_ARGUMENT', `--${name} means nothing for a source of ${kind}`);
  }
  if (options.split?.by === 'column' && !takes.includes('label')) {
    const message = `--split column:${options.split.column} means nothing for a source of ${kind}; want names or shares`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
}
