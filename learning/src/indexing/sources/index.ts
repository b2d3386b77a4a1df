/** From the sources that a user names to the shards and pictures that exist. */
export {
  type FolderSource,
  type FoundSources,
  findShards,
  type ShardSource,
} from './find-shards.js';
export type { FolderFile } from './folder-files.js';
