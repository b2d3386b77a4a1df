/** A description of a set's shards for people, as JSON. */
import type { ShardIndex } from './shard-index.js';

export function describeShards(
  { shards, lengths, grid, decoder }: ShardIndex,
  { length: chunks }: Uint32Array,
): Record<string, unknown> {
  return {
    count: shards.length,
    formats: [...new Set(shards.map(({ format }) => format))].sort(),
    pictureBytes: lengths.reduce((sum, length) => sum + length, 0),
    chunks,
    fit: grid.fit,
    decoder,
  };
}
