/** The part of a manifest's `meta.json` that lists the shards. */
import type { Problem } from '@lyceum/proto';
import { z } from 'zod';
import { SHARD_FORMAT_NAMES } from './shard-formats.js';
import type { ShardIndex } from './shard-index.js';

export const MANIFEST_FORMAT = 'lyceum.dev/shards/v1';

export type ShardsMeta = Pick<ShardIndex, 'shards' | 'grid' | 'decoder' | 'canary'>;

const wholeNumber = z.number().int().nonnegative();

const SHARDS_META = z.object({
  shards: z
    .array(
      z.strictObject({
        url: z.string().min(1).max(4096),
        format: z.enum(SHARD_FORMAT_NAMES),
        sizeBytes: wholeNumber,
        etag: z.string().max(1024).exactOptional(),
        column: z.string().exactOptional(),
      }),
    )
    .min(1),
  grid: z.strictObject({
    height: z.number().int().min(1).max(4096),
    width: z.number().int().min(1).max(4096),
    channels: z.literal([1, 3]),
    fit: z.enum(['cover', 'contain', 'stretch']),
  }),
  decoder: z.string().min(1).max(200),
  canary: z.strictObject({
    samples: z.array(wholeNumber).min(1).max(64),
    digest: z.string().regex(/^[0-9a-f]{64}$/),
  }),
});

export function shardsMeta({ shards, grid, decoder, canary }: ShardsMeta): ShardsMeta {
  return { shards, grid, decoder, canary };
}

/** @returns undefined, having added problems, if the document lists no valid shards. */
export function readShardsMeta(document: unknown, problems: Problem[]): ShardsMeta | undefined {
  const read = SHARDS_META.safeParse(document);
  if (read.success) return read.data;
  for (const { path, message } of read.error.issues) {
    problems.push({ path: `meta.json.${path.join('.')}`, message });
  }
  return undefined;
}
