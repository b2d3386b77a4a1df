/** The functions that index shards that are files, by the shards' format. */
import type { ShardFileFormat } from '../../datasets/index.js';
import type { CountedObjects, ObjectVersion } from './counted-objects.js';
import { indexParquet } from './index-parquet.js';
import type { IndexOptions, ShardRows } from './rows/index.js';
import { indexTar } from './tar/index.js';
import { indexTfRecord } from './tfrecord/index.js';

/**
 * @param shard - its URL is for messages, too.
 * @throws {SampleRefusedError} if the whole shard cannot be taken; as `Objects` throws.
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
