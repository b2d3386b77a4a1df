import type { ShardIndex } from '../../datasets/index.js';

/** The object that has a picture: its shard, or of a folder its own file. */
export function pictureUrl({ shards, shardOf, paths }: ShardIndex, sample: number): string {
  const shard = shards[shardOf[sample] as number];
  if (shard?.format !== 'folder' || paths === undefined) return shard?.url ?? '';
  const start = sample === 0 ? 0 : (paths.ends[sample - 1] as number);
  return shard.url + Buffer.from(paths.bytes.subarray(start, paths.ends[sample])).toString();
}
