/**
 * The file of a set in shards, its manifest: an NPZ as `dataset-file.ts` has it, with an index in place of inputs.
 *
 * | member | type | shape |
 * | --- | --- | --- |
 * | `labels.npy`, `splits.npy` | int32, uint8 | [N] |
 * | `chunkEnds.npy` | uint32, where each chunk ends | [chunks] |
 * | `shards.npy` | uint32, number of the shard | [N] |
 * | `offsets.npy` | float64, byte in a tar, or row of Parquet | [N] |
 * | `lengths.npy` | uint32, bytes of the encoded picture | [N] |
 * | `digests.npy` | uint8, half of their SHA-256 | [N, 16] |
 * | `paths.npy`, `pathEnds.npy` | uint8, uint32; of sets with folders | [bytes], [N] |
 * | `meta.json` | format, classCount, classNames, shards, grid, decoder, canary | |
 */
import { InvalidDocumentError, type Problem } from '@lyceum/proto';
import { type NpyArray, writeNpz } from '../files/index.js';
import { type DatasetOutline, type DatasetSamples, type Modality, NAMELESS } from './dataset.js';
import { outlineProblems } from './dataset-problems.js';
import {
  HeldSamples,
  indexArrays,
  MANIFEST_FORMAT,
  type PictureGrid,
  readIndexArrays,
  readShardsMeta,
  type ShardIndex,
  shardProblems,
  shardsMeta,
} from './shards/index.js';

/** All of a set in shards but its digest. */
export interface ManifestParts extends Omit<DatasetSamples, 'digest' | 'chunkEnds'> {
  readonly chunkEnds: Uint32Array;
  readonly shards: ShardIndex;
}

/** @throws {InvalidDocumentError} if the parts are no set in shards. */
export function encodeManifest(parts: ManifestParts): Buffer {
  const problems = manifestProblems(parts);
  if (problems.length > 0) throw new InvalidDocumentError('data set', problems);
  const { sampleCount, labels, splits, chunkEnds, shards, classCount, classNames } = parts;
  const meta = { format: MANIFEST_FORMAT, classCount, classNames, ...shardsMeta(shards) };
  return writeNpz(
    [
      ['labels', { dtype: 'int32', shape: [sampleCount], data: labels }],
      ['splits', { dtype: 'uint8', shape: [sampleCount], data: splits }],
      ...indexArrays({ ...shards, chunkEnds }),
    ],
    [['meta.json', JSON.stringify(meta)]],
  );
}

/**
 * @param meta - its `meta.json`, read.
 * @param array - as of `readIndexArrays`.
 * @returns undefined, and problems more, if it is none.
 */
export function readManifest(
  meta: Readonly<Record<string, unknown>>,
  array: (name: string, types: readonly NpyArray['dtype'][]) => NpyArray | undefined,
  hasPaths: boolean,
  problems: Problem[],
): ManifestParts | undefined {
  const { classCount, classNames } = meta;
  const named =
    typeof classCount === 'number' &&
    Array.isArray(classNames) &&
    classNames.every((name) => typeof name === 'string');
  if (!named) {
    const message = 'classCount must be a number, classNames a list of texts';
    problems.push({ path: 'meta.json', message });
  }
  const shardsOfMeta = readShardsMeta(meta, problems);
  const labels = array('labels', ['int32']);
  const splits = array('splits', ['uint8']);
  const arrays = readIndexArrays(array, hasPaths);
  if (!named || !shardsOfMeta || !labels || !splits || !arrays) return undefined;
  const { chunkEnds, ...places } = arrays;
  const parts: ManifestParts = {
    sampleCount: labels.data.length,
    classCount,
    classNames,
    labels: labels.data as Int32Array,
    splits: splits.data as Uint8Array,
    chunkEnds,
    shards: { ...shardsOfMeta, ...places },
  };
  problems.push(...manifestProblems(parts));
  return problems.length === 0 ? parts : undefined;
}

/** Pictures as models see them before views, none of them in memory. */
export function unreadPictures({ height, width, channels }: PictureGrid): Modality {
  return {
    sampleShape: [height, width, channels],
    inputs: new Uint8Array(0),
    inputScale: 1 / 255,
    held: new HeldSamples(new Uint32Array(0)),
  };
}

function manifestProblems(parts: ManifestParts): Problem[] {
  const { chunkEnds, shards, ...samples } = parts;
  const outline: DatasetOutline = {
    ...samples,
    modalities: new Map([[NAMELESS, unreadPictures(shards.grid)]]),
  };
  const problems = outlineProblems(outline);
  if (problems.length > 0) return problems;
  return shardProblems(shards, { ...shards, chunkEnds }, parts.splits);
}
