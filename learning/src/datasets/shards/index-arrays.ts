/** The arrays of a manifest that say where each picture is. */
import { createHash } from 'node:crypto';
import type { NpyArray } from '../../files/index.js';
import type { ShardIndex } from './shard-index.js';

/** The parts of the index that have an entry a sample, and where chunks end. */
export type IndexArrays = Pick<
  ShardIndex,
  'shardOf' | 'offsets' | 'lengths' | 'digests' | 'paths'
> & { readonly chunkEnds: Uint32Array };

export const DIGEST_BYTES = 16;

/** The first half of the SHA-256 of an encoded picture. */
export function pictureDigest(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, DIGEST_BYTES);
}

/** The index's arrays by their names in the manifest. */
export function indexArrays(index: IndexArrays): [string, NpyArray][] {
  const { chunkEnds, shardOf, offsets, lengths, digests, paths } = index;
  const count = shardOf.length;
  const arrays: [string, NpyArray][] = [
    ['chunkEnds', { dtype: 'uint32', shape: [chunkEnds.length], data: chunkEnds }],
    ['shards', { dtype: 'uint32', shape: [count], data: shardOf }],
    ['offsets', { dtype: 'float64', shape: [count], data: offsets }],
    ['lengths', { dtype: 'uint32', shape: [count], data: lengths }],
    ['digests', { dtype: 'uint8', shape: [count, DIGEST_BYTES], data: digests }],
  ];
  if (paths === undefined) return arrays;
  const { bytes, ends } = paths;
  return [
    ...arrays,
    ['paths', { dtype: 'uint8', shape: [bytes.length], data: bytes }],
    ['pathEnds', { dtype: 'uint32', shape: [ends.length], data: ends }],
  ];
}

/**
 * @param array - gives an array of one of the types, or undefined after it has reported why there is none.
 * @param hasPaths - whether the file has paths.
 */
export function readIndexArrays(
  array: (name: string, types: readonly NpyArray['dtype'][]) => NpyArray | undefined,
  hasPaths: boolean,
): IndexArrays | undefined {
  const chunkEnds = array('chunkEnds', ['uint32']);
  const shardOf = array('shards', ['uint32']);
  const offsets = array('offsets', ['float64']);
  const lengths = array('lengths', ['uint32']);
  const digests = array('digests', ['uint8']);
  const bytes = hasPaths ? array('paths', ['uint8']) : undefined;
  const ends = hasPaths ? array('pathEnds', ['uint32']) : undefined;
  if (!chunkEnds || !shardOf || !offsets || !lengths || !digests) return undefined;
  const paths = bytes &&
    ends && { bytes: bytes.data as Uint8Array, ends: ends.data as Uint32Array };
  return {
    chunkEnds: chunkEnds.data as Uint32Array,
    shardOf: shardOf.data as Uint32Array,
    offsets: offsets.data as Float64Array,
    lengths: lengths.data as Uint32Array,
    digests: digests.data as Uint8Array,
    paths,
  };
}
