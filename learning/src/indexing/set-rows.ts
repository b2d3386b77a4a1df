/** The rows of all shards as rows of one set, in the order of the sources. */
import { isFileUrl } from '@lyceum/platform/objects';
import { LyceumError } from '@lyceum/proto';
import { DIGEST_BYTES, type Shard, SPLIT_NUMBERS, type SplitName } from '../datasets/index.js';
import { Ignored, Refusals } from '../import/samples/index.js';
import type { ShardRows } from './formats/index.js';
import type { IndexedPart } from './index-shards.js';
import { REFUSED, type SetClasses, setClasses } from './set-classes.js';
import type { FoundSources } from './sources/index.js';

export interface SetRows extends Pick<SetClasses, 'classNames' | 'order' | 'warnings'> {
  readonly shards: readonly Shard[];
  /** These arrays have an entry a row; `digests` is [rows, {@link DIGEST_BYTES}]. */
  readonly shardOf: Uint32Array;
  readonly offsets: Float64Array;
  readonly lengths: Uint32Array;
  readonly digests: Uint8Array;
  readonly groups: Float64Array;
  /** Numbers of classes; −1: unlabelled. */
  readonly labels: Int32Array;
  /** Split numbers; 0: the source does not say. */
  readonly splits: Int32Array;
  /** For folders: each row's path in its folder. */
  readonly paths: readonly string[] | undefined;
  readonly refusals: Refusals;
  readonly ignored: Ignored;
  /** What stands beside unlabelled pictures, and might be labels. */
  readonly unread: ReadonlySet<string>;
}

/**
 * @param classNames - names of all classes, if the user gives them.
 * @param areNumbered - as in `setClasses`.
 * @throws {LyceumError} INVALID_ARGUMENT if no row can be taken, or shards do not fit together.
 */
export function setRows(
  found: FoundSources,
  indexed: readonly IndexedPart[],
  classNames: readonly string[] | undefined,
  areNumbered = false,
): SetRows {
  const parts = indexed.map((part) => ({ ...part, rows: labelledByName(part) }));
  const classes = setClasses(
    parts.map(({ rows }) => rows),
    classNames,
    areNumbered,
  );
  const refusals = new Refusals();
  const ignored = new Ignored();
  const unread = new Set<string>();
  refusals.addAll(found.refusals);
  ignored.addAll(found.ignored);
  for (const { rows } of parts) {
    refusals.addAll(rows.refusals);
    ignored.addAll(rows.ignored);
    for (const name of rows.unread) unread.add(name);
  }
  refusals.addAll(classes.refusals);

  const joined = joinedRows(parts, classes);
  const { shards, shardOf, splits, paths } = joined;
  requireSplits(
    splits,
    (row) => `${(shards[shardOf[row] as number] as Shard).url}${paths?.[row] ?? ''}`,
  );
  const { classNames: names, order, warnings } = classes;
  return { ...joined, classNames: names, order, warnings, refusals, ignored, unread };
}

type Columns = 'shards' | 'shardOf' | 'offsets' | 'lengths' | 'digests' | 'groups';

/** The rows that are taken, of all parts one after the other. */
function joinedRows(
  parts: readonly IndexedPart[],
  classes: SetClasses,
): Pick<SetRows, Columns | 'labels' | 'splits' | 'paths'> {
  const taken = classes.labels.map((labels) =>
    [...labels.keys()].filter((row) => labels[row] !== REFUSED),
  );
  const count = taken.reduce((sum, rows) => sum + rows.length, 0);
  const shardOf = new Uint32Array(count);
  const offsets = new Float64Array(count);
  const lengths = new Uint32Array(count);
  const digests = new Uint8Array(count * DIGEST_BYTES);
  const groups = new Float64Array(count);
  const labels = new Int32Array(count);
  const splits = new Int32Array(count);
  const hasFolders = parts.some(({ source }) => 'files' in source);
  const paths: string[] | undefined = hasFolders ? [] : undefined;
  const shards: Shard[] = [];
  let last: IndexedPart['source'] | undefined;
  let at = 0;
  for (const [part, { source, rows, files }] of parts.entries()) {
    const own = taken[part] as number[];
    if (own.length > 0 && last !== source) {
      shards.push(shardOfSource(source, rows));
      last = source;
    }
    for (const row of own) {
      const offset = rows.offsets[row] as number;
      const file = files[offset];
      shardOf[at] = shards.length - 1;
      offsets[at] = 'files' in source ? 0 : offset;
      lengths[at] = rows.lengths[row] as number;
      digests.set(
        rows.digests.subarray(row * DIGEST_BYTES, (row + 1) * DIGEST_BYTES),
        at * DIGEST_BYTES,
      );
      groups[at] = rows.groups[row] as number;
      labels[at] = (classes.labels[part] as Int32Array)[row] as number;
      splits[at] = splitNumber('files' in source ? file?.split : source.split);
      if (file !== undefined) paths?.push(file.path);
      at += 1;
    }
  }
  return { shards, shardOf, offsets, lengths, digests, groups, labels, splits, paths };
}

/** The rows of a folder, labelled by the names of their files' folders. */
function labelledByName({ rows, files, source }: IndexedPart): ShardRows {
  if (!('files' in source)) return rows;
  const places = new Map<string, number>();
  const found: { text: string; where: string }[] = [];
  const labels = Int32Array.from(rows.offsets, (offset) => {
    const { label, path } = files[offset] as { label: string; path: string };
    const known = places.get(label);
    if (known !== undefined) return known;
    places.set(label, found.length);
    found.push({ text: label, where: `${source.url}${path}` });
    return found.length - 1;
  });
  return { ...rows, labels, found };
}

function shardOfSource(source: IndexedPart['source'], { column }: ShardRows): Shard {
  const { url, format } = source;
  if ('files' in source) return { url, format, sizeBytes: 0 };
  const { sizeBytes, etag } = source;
  // The ETag of a local file is its time, which a copy does not keep. Size and digests of pictures are enough.
  const isNamed = etag !== undefined && !isFileUrl(url);
  return {
    url,
    format,
    sizeBytes,
    ...(isNamed && { etag }),
    ...(column !== undefined && { column }),
  };
}

function splitNumber(split: SplitName | undefined): number {
  return split === undefined ? 0 : SPLIT_NUMBERS[split];
}

function requireSplits(splits: Int32Array, urlOf: (row: number) => string): void {
  const without = splits.indexOf(0);
  const withOne = splits.findIndex((split) => split !== 0);
  if (without < 0 || withOne < 0) return;
  const message = `the name of ${urlOf(withOne)} says its split, that of ${urlOf(without)} does not; say them by train=URL, validation=URL, test=URL`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}
