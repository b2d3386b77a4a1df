import { shownUrl } from '@lyceum/platform/objects';
import { picturesIn, placeInShard, type ShardIndex } from '../datasets/index.js';

type Places = Pick<ShardIndex, 'shards' | 'shardOf' | 'offsets' | 'lengths' | 'paths'>;

/** URL of the object that holds a picture: its shard, or in a folder its own file. */
export function pictureUrl(
  { shards, shardOf, paths }: Pick<Places, 'shards' | 'shardOf' | 'paths'>,
  sample: number,
): string {
  const shard = shards[shardOf[sample] as number];
  if (shard === undefined) return '';
  if (picturesIn(shard) !== 'files' || paths === undefined) return shard.url;
  const start = sample === 0 ? 0 : (paths.ends[sample - 1] as number);
  return shard.url + Buffer.from(paths.bytes.subarray(start, paths.ends[sample])).toString();
}

/** The object and the place in it, for people. */
export function pictureText(places: Places, sample: number): string {
  const url = shownUrl(pictureUrl(places, sample));
  const [offset, length] = [places.offsets[sample] as number, places.lengths[sample] as number];
  const shard = places.shards[places.shardOf[sample] as number];
  const place = shard && placeInShard(shard.format, offset, length);
  return place ? `${url}: ${place}` : url;
}
