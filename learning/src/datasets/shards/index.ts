/**
 * Where the pictures of a set in shards are: the index in its manifest, the checks on the index, and readers of it
 * alone.
 */
export { describeShards } from './describe-shards.js';
export { HeldSamples } from './held-samples.js';
export { DIGEST_BYTES, indexArrays, pictureDigest, readIndexArrays } from './index-arrays.js';
export { isManifestFile } from './manifest-on-disk.js';
export { picturePlaces } from './picture-places.js';
export {
  picturesIn,
  placeInShard,
  SHARD_ENDINGS,
  SHARD_FORMATS,
  type ShardFileFormat,
  shardFormatOf,
} from './shard-formats.js';
export type { PictureCanary, PictureGrid, Shard, ShardIndex } from './shard-index.js';
export { shardProblems } from './shard-problems.js';
export { MANIFEST_FORMAT, readShardsMeta, shardsMeta } from './shards-meta.js';
