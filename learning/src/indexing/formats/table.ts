/** What reads shards that are files, by their format. */
import type { ShardFileFormat } from '../../datasets/index.js';
import type { CountedObjects, ObjectVersion } from './counted-objects.js';
import { indexParquet } from './index-parquet.js';
import type { IndexOptions, ShardRows } from './rows/index.js';
import { indexTar } from './tar/index.js';
import { indexTfRecord } from './tfrecord/index.js';

/**
 * @param shard - with its URL for messages.
 * @throws {SampleRefusedError} if the shard as a whole cannot be taken; as `Objects`.
 */
type IndexShard = (
  shard: ObjectVersion,
  objects: CountedObjects,
  options: IndexOptions,
) => Promise<ShardRows>;

export const SHARD_INDEXERS: Readonly<Record<ShardFileFormat, IndexShard>> = {
  tar: (shard, objects, options) => indexTar(shard.url, objects.stream(shard), options),
  tfrecord: (shard, objects, options) => indexTfRecord(shard.url, objects.stream(shard), options),
  parquet: (shard, objects, options) => indexParquet(shard.url, objects.buffer(shard), options),
};
