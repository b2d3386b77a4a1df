/** The rows that were found in a shard, as a file in the cache. */
import { type NpyArray, readNpz, writeNpz } from '../../../files/index.js';
import { Ignored, Refusals, type RefusedProblem } from '../../../import/samples/index.js';
import type { FoundLabel, ShardRows } from './shard-rows.js';

interface Meta {
  readonly found: readonly FoundLabel[];
  readonly mayBeNumbers: boolean;
  readonly classNames?: readonly string[];
  readonly column?: string;
  readonly unread: readonly string[];
  readonly refused: {
    readonly count: number;
    readonly reasons: readonly (readonly [string, number])[];
    readonly first: RefusedProblem[];
  };
  readonly ignored: { readonly count: number; readonly first: string[] };
}

/** @param rows - those of Parquet have the column of pictures. */
export function writeShardRows(rows: ShardRows): Buffer {
  const { refusals, ignored } = rows;
  const meta: Meta = {
    found: rows.found,
    mayBeNumbers: rows.mayBeNumbers,
    ...(rows.classNames !== undefined && { classNames: rows.classNames }),
    ...(rows.column !== undefined && { column: rows.column }),
    unread: rows.unread,
    refused: { count: refusals.count, reasons: [...refusals.reasons], first: refusals.first },
    ignored: { count: ignored.count, first: ignored.first },
  };
  const array = (dtype: NpyArray['dtype'], data: NpyArray['data']): NpyArray => {
    return { dtype, shape: [data.length], data };
  };
  return writeNpz([
    ['offsets', array('float64', rows.offsets)],
    ['lengths', array('uint32', rows.lengths)],
    ['digests', array('uint8', rows.digests)],
    ['labels', array('int32', rows.labels)],
    ['groups', array('float64', rows.groups)],
    ['meta', array('uint8', Buffer.from(JSON.stringify(meta)))],
  ]);
}

/** @throws if the bytes are not a result of {@link writeShardRows}. */
export function readShardRows(bytes: Uint8Array): ShardRows {
  const arrays = readNpz(bytes, 'index of a shard');
  const data = <T>(name: string) => arrays.get(name)?.data as T;
  const meta = JSON.parse(Buffer.from(data<Uint8Array>('meta')).toString()) as Meta;
  const refusals = new Refusals();
  const { count, reasons, first } = meta.refused;
  refusals.addAll({ count, first, reasons: new Map(reasons) });
  const ignored = new Ignored();
  ignored.addAll(meta.ignored);
  return {
    offsets: data('offsets'),
    lengths: data('lengths'),
    digests: data('digests'),
    labels: data('labels'),
    groups: data('groups'),
    found: meta.found,
    mayBeNumbers: meta.mayBeNumbers,
    classNames: meta.classNames,
    column: meta.column,
    unread: meta.unread,
    refusals,
    ignored,
  };
}
