/** From a user's URLs to a set in shards: its manifest, and the summary for the user. */
import type { Objects } from '@lyceum/platform/objects';
import { elementCount, InvalidDocumentError, LyceumError, type Problem } from '@lyceum/proto';
import {
  DIGEST_BYTES,
  encodeManifest,
  type ManifestParts,
  type PictureGrid,
  SHARD_FORMATS,
  type ShardIndex,
  splitSamples,
} from '../datasets/index.js';
import { shownName } from '../files/index.js';
import { type ImportSummary, importSummary } from '../import/index.js';
import { chosenSplits, Refusals, type SplitChoice } from '../import/samples/index.js';
import { decoderVersion } from '../pictures/index.js';
import { pictureText, ShardPictures } from '../shards/index.js';
import { arrangeChunks } from './arrange-chunks.js';
import { pictureCanary } from './canary.js';
import type { LabelPlace } from './formats/index.js';
import { indexShards } from './index-shards.js';
import { type Mixing, mixingOf } from './mixing.js';
import { type SetRows, setRows } from './set-rows.js';
import { ShardCache } from './shard-cache.js';
import { type ShardFindings, shardWarnings } from './shard-warnings.js';
import { findShards } from './sources/index.js';

export interface RegisterOptions {
  /** URLs as the user writes them. */
  readonly sources: readonly string[];
  readonly grid: PictureGrid;
  readonly label?: LabelPlace | undefined;
  readonly image?: string | undefined;
  readonly classes?: readonly string[] | undefined;
  readonly split?: SplitChoice | undefined;
  readonly checksPictures: boolean;
  /** Whether these are shards of a repack: labels are numbers of `classes`, and every shard's name says its split. */
  readonly areRepacked?: boolean;
}

export interface RegisterPlaces {
  readonly objects: Objects;
  /** Folder below which the rows of shards are kept. */
  readonly cacheFolder: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface RegisteredSet {
  readonly manifest: Buffer;
  readonly summary: ImportSummary;
  readonly shards: {
    readonly count: number;
    readonly chunks: number;
    readonly pictureBytes: number;
  };
  /** Undefined: no sample has a label. */
  readonly mixing: Mixing | undefined;
}

const NEVER = new AbortController().signal;

/**
 * @throws {LyceumError} INVALID_ARGUMENT naming what is wrong with the sources or an option; as `Objects` throws.
 */
export async function registerSet(
  options: RegisterOptions,
  places: RegisterPlaces,
): Promise<RegisteredSet> {
  const { grid, split } = options;
  if (split?.by === 'column') {
    const message =
      '--split column: is of tables; name shards by split: train=URL validation=URL test=URL';
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const { objects, signal } = places;
  const cache = await ShardCache.open(places.cacheFolder);
  const found = await findShards(options.sources, objects, signal);
  const indexed = await indexShards(
    found,
    { ...options, label: options.label, image: options.image },
    { ...places, cache },
  );
  const rows = setRows(found, indexed, options.classes, options.areRepacked);
  const [shard] = rows.shards;
  if (shard === undefined)
    throw new InvalidDocumentError('the pictures of the sources', rows.refusals.first);
  requireClasses(rows);
  const kind = SHARD_FORMATS[shard.format].importKind;
  const { splits, source: splitSource } =
    options.areRepacked === true
      ? { splits: Uint8Array.from(rows.splits), source: 'names' }
      : chosenSplits(kind, split, rows.labels, rows.splits);
  const arranged = arrangedParts(rows, splits, grid);
  const broken = new Refusals();
  const canary = await canaryOf(arranged, grid, places, broken);
  const parts = {
    ...arranged,
    shards: { ...arranged.shards, canary, decoder: await decoderVersion() },
  };
  return registered(parts, rows, { kind, splitSource }, { broken, cacheTrouble: cache.trouble });
}

/** The set, and the summary for the user. */
function registered(
  parts: ManifestParts,
  rows: SetRows,
  source: { readonly kind: string; readonly splitSource: string },
  findings: Omit<ShardFindings, 'mixing'>,
): RegisteredSet {
  const { chunkEnds, shards, labels } = parts;
  const sampleShape = [shards.grid.height, shards.grid.width, shards.grid.channels];
  const summary = importSummary(
    {
      ...source,
      facts: parts,
      modalities: [{ sampleShape, valueType: 'uint8' }],
      classOrder: rows.order,
    },
    rows.refusals,
    rows.ignored,
  );
  const train = splitSamples(parts, 'train');
  const mixing = mixingOf(train, labels, chunkEnds, elementCount(sampleShape));
  const warnings: Problem[] = [
    ...rows.warnings,
    ...summary.warnings,
    ...shardWarnings(parts, { ...findings, mixing }),
  ];
  return {
    manifest: encodeManifest(parts),
    summary: { ...summary, warnings },
    shards: {
      count: shards.shards.length,
      chunks: chunkEnds.length,
      pictureBytes: shards.lengths.reduce((sum, length) => sum + length, 0),
    },
    mixing,
  };
}

/** The canary: pictures that show whether a machine decodes differently. */
function canaryOf(
  { shards, chunkEnds }: ManifestParts,
  grid: PictureGrid,
  { objects, signal }: RegisterPlaces,
  broken: Refusals,
): ReturnType<typeof pictureCanary> {
  const pictures = new ShardPictures(objects);
  const read = async (sample: number): Promise<Uint8Array> => {
    const found = await pictures.readAll(shards, Uint32Array.of(sample), signal ?? NEVER);
    return found.get(sample) as Uint8Array;
  };
  const whereOf = (sample: number) => pictureText(shards, sample);
  return pictureCanary({ chunkEnds, grid, read, whereOf }, broken);
}

/** A set without labels must name its classes too: students need them. */
function requireClasses({ classNames, unread, refusals }: SetRows): void {
  const [only] = classNames;
  if (classNames.length > 1) return;
  if (only !== undefined) {
    const message = `all labels are ${shownName(only)}, and a set has two classes or more; --classes names them`;
    const problems = [{ path: 'classes', message }, ...refusals.first];
    throw new InvalidDocumentError('the pictures of the sources', problems);
  }
  const names = [...unread].sort().slice(0, 8).join(', ');
  const beside = names === '' ? '' : `; beside pictures there is ${names}`;
  const message = `no picture has a label${beside}. --label ENDING, --label json:FIELD, or of Parquet --label COLUMN says where labels are; for a set that has none, --classes names its classes`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

/** The set's parts with samples in their order, but without the canary. */
function arrangedParts(rows: SetRows, splits: Uint8Array, grid: PictureGrid): ManifestParts {
  const areFiles = rows.paths !== undefined;
  const { rows: order, chunkEnds } = arrangeChunks({ ...rows, splits, areFiles });
  const digests = new Uint8Array(rows.digests.length);
  for (const [sample, row] of order.entries()) {
    const own = rows.digests.subarray(row * DIGEST_BYTES, (row + 1) * DIGEST_BYTES);
    digests.set(own, sample * DIGEST_BYTES);
  }
  const shards: ShardIndex = {
    shards: rows.shards,
    grid,
    decoder: '',
    canary: { samples: [], digest: '' },
    shardOf: order.map((row) => rows.shardOf[row] as number),
    offsets: Float64Array.from(order, (row) => rows.offsets[row] as number),
    lengths: order.map((row) => rows.lengths[row] as number),
    digests,
    paths: rows.paths === undefined ? undefined : joinedPaths(order, rows.paths),
  };
  return {
    sampleCount: order.length,
    classCount: rows.classNames.length,
    classNames: rows.classNames,
    labels: Int32Array.from(order, (row) => rows.labels[row] as number),
    splits: Uint8Array.from(order, (row) => splits[row] as number),
    chunkEnds,
    shards,
  };
}

function joinedPaths(order: Uint32Array, paths: readonly string[]): ShardIndex['paths'] {
  const ends = new Uint32Array(order.length);
  const parts: Buffer[] = [];
  let end = 0;
  for (const [sample, row] of order.entries()) {
    const bytes = Buffer.from(paths[row] as string);
    parts.push(bytes);
    end += bytes.length;
    ends[sample] = end;
  }
  return { bytes: Uint8Array.from(Buffer.concat(parts)), ends };
}
