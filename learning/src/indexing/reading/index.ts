/** Reads shards' bytes: all of one while it is indexed, single pictures of a set that was. */
export { CountedObjects } from './counted-objects.js';
export { ShardPictures } from './shard-pictures.js';
