import { shownUrl } from '@lyceum/platform/objects';
import type { ShardIndex } from '../datasets/index.js';

type Places = Pick<ShardIndex, 'shards' | 'shardOf' | 'offsets' | 'paths'>;

/** The object that has a picture: its shard, or of a folder its own file. */
export function pictureUrl({ shards, shardOf, paths }: Places, sample: number): string {
  const shard = shards[shardOf[sample] as number];
  if (shard?.format !== 'folder' || paths === undefined) return shard?.url ?? '';
  const start = sample === 0 ? 0 : (paths.ends[sample - 1] as number);
  return shard.url + Buffer.from(paths.bytes.subarray(start, paths.ends[sample])).toString();
}

/** The same, and where in it, for people. */
export function pictureText(places: Places, sample: number): string {
  const url = shownUrl(pictureUrl(places, sample));
  const offset = places.offsets[sample] as number;
  switch (places.shards[places.shardOf[sample] as number]?.format) {
    case 'tar':
      return `${url}: byte ${offset}`;
    case 'parquet':
      return `${url}: row ${offset + 1}`;
    default:
      return url;
  }
}
