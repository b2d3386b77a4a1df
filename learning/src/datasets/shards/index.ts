/** Where the pictures of a set in shards are: the index that its manifest holds, and the checks on it. */
export { describeShards } from './describe-shards.js';
export { HeldSamples } from './held-samples.js';
export { DIGEST_BYTES, indexArrays, pictureDigest, readIndexArrays } from './index-arrays.js';
export type { PictureCanary, PictureGrid, Shard, ShardIndex } from './shard-index.js';
export { shardProblems } from './shard-problems.js';
export { MANIFEST_FORMAT, readShardsMeta, shardsMeta } from './shards-meta.js';
