/** From what a person names to the shards and pictures that there are. */
export {
  type FolderSource,
  type FoundSources,
  findShards,
  type ShardSource,
} from './find-shards.js';
export type { FolderFile } from './folder-files.js';
