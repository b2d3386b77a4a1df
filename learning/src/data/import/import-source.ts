/**
 * From what a person names on the command line to a data set's file, whatever the kind of source: whole arrays
 * (import-dataset.ts), or samples read in a stream.
 */
import { stat } from 'node:fs/promises';
import { InvalidDocumentError, LyceumError } from '@lyceum/proto';
import { parseDataset } from '../dataset-file.js';
import { imageFolderSamples } from './image-folder.js';
import { importDataset, isIdxFolder } from './import-dataset.js';
import type { ImportOptions } from './import-options.js';
import { type ImportSummary, importSummary } from './import-summary.js';
import { Ignored, Refusals } from './refusals.js';
import { type Sample, writeSamples } from './samples.js';

export interface ImportedSource {
  /** The set's file: in memory, or a path. */
  readonly content: Uint8Array | string;
  readonly summary: ImportSummary;
}

export interface ImportPlaces {
  /** Where the set-up unpacks data sets. */
  readonly cacheFolder: string;
  /** An empty folder, with room for the set twice; it is the caller's to remove. */
  readonly scratch: string;
  readonly signal?: AbortSignal;
}

/** One kind of source that is read in a stream. */
interface StreamedKind {
  readonly kind: string;
  /** The options that mean something to it. */
  readonly takes: readonly (keyof ImportOptions)[];
  readonly samples: (skipped: Skipped) => AsyncIterable<Sample>;
}

interface Skipped {
  readonly refusals: Refusals;
  readonly ignored: Ignored;
}

/**
 * @param source - `digits`, `fashion`; an NPZ file; a folder of IDX files; a folder of images, one folder a class.
 * @throws {LyceumError} NOT_FOUND if it is not there, INVALID_ARGUMENT naming what is wrong with it or an option.
 */
export async function importSource(
  source: string,
  options: ImportOptions,
  places: ImportPlaces,
): Promise<ImportedSource> {
  const streamed = await streamedKind(source, options);
  if (streamed === undefined) {
    refuseOptions(options, [], 'NPZ, IDX and the known sets');
    return wholeSource(await importDataset(source, places.cacheFolder));
  }
  refuseOptions(options, streamed.takes, streamed.kind);
  const { kind } = streamed;
  const skipped: Skipped = { refusals: new Refusals(), ignored: new Ignored() };
  const { refusals } = skipped;
  const { classes, split } = options;
  const { scratch, signal } = places;
  const sink = { kind, classes, split, refusals, scratch, signal };
  const written = await writeSamples(streamed.samples(skipped), sink);
  const summary = importSummary({ kind, ...written }, refusals, skipped.ignored);
  return { content: written.file, summary };
}

/** An import of arrays that are in memory as a whole. */
export function wholeSource(bytes: Uint8Array): ImportedSource {
  const outline = parseDataset(bytes);
  const valueType = outline.inputs instanceof Uint8Array ? 'uint8' : 'float32';
  const summary = importSummary({
    kind: 'arrays',
    outline,
    valueType,
    classOrder: 'as in the source',
    splitSource: 'the source, or drawn where it has none',
  });
  return { content: bytes, summary };
}

/** @throws {InvalidDocumentError} naming the first few refusals, if there are any. */
export function requireNothingRefused({ refused }: ImportSummary): void {
  if (refused.count === 0) return;
  const first = [...refused.first];
  const more = refused.count - first.length;
  if (more === 0) first.push({ path: '', message: '--skip-refused takes the others' });
  else
    first.push({
      path: '',
      message: `and ${more} more. --dry-run counts them, --skip-refused takes the others`,
    });
  throw new InvalidDocumentError(`${refused.count} of the source's samples`, first);
}

async function streamedKind(
  source: string,
  options: ImportOptions,
): Promise<StreamedKind | undefined> {
  const found = await stat(source).catch(() => undefined);
  if (found?.isDirectory() === true && !(await isIdxFolder(source))) {
    return {
      kind: 'images',
      takes: ['size', 'channels', 'fit', 'classes', 'split'],
      samples: (skipped) => imageFolderSamples(source, options, skipped),
    };
  }
  return undefined;
}

function refuseOptions(
  options: ImportOptions,
  takes: readonly (keyof ImportOptions)[],
  kind: string,
): void {
  for (const name of Object.keys(options) as (keyof ImportOptions)[]) {
    if (options[name] === undefined || takes.includes(name)) continue;
    throw new LyceumError('INVALID_ARGUMENT', `--${name} means nothing for a source of ${kind}`);
  }
}
