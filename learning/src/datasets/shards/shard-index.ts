/**
 * From a sample to the bytes of its picture.
 *
 * Samples are numbered chunk by chunk. A chunk holds samples of one split that follow each other in their source.
 *
 * Symbols: N samples, S shards.
 */

import type { ShardFormat } from './shard-formats.js';

export interface Shard {
  /** `s3://BUCKET/KEY`, `https://…`, or a path below the datasets root, which ends with a slash if it is a folder. */
  readonly url: string;
  readonly format: ShardFormat;
  /** 0 for a folder. */
  readonly sizeBytes: number;
  /** The server's ETag; absent: the shard is a local file or folder, or the server sends none. */
  readonly etag?: string;
  /** Name of the column with pictures, in a Parquet file. */
  readonly column?: string;
}

/** What every picture becomes before views. */
export interface PictureGrid {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly fit: 'cover' | 'contain' | 'stretch';
}

/** Some pictures as the set's maker decoded them: a program that decodes differently is found at once. */
export interface PictureCanary {
  /** Indices into the set. */
  readonly samples: readonly number[];
  /** SHA-256, hex, of their pixels on the grid, one after another. */
  readonly digest: string;
}

export interface ShardIndex {
  readonly shards: readonly Shard[];
  readonly grid: PictureGrid;
  /** The decoder of the canary, in words, for messages about a program that decodes differently. */
  readonly decoder: string;
  readonly canary: PictureCanary;
  /** [N]: number of the shard. */
  readonly shardOf: Uint32Array;
  /** [N]: where the picture begins: its byte in a tar or TFRecord, its row in Parquet; 0 in a folder. */
  readonly offsets: Float64Array;
  /** [N]: bytes of the encoded picture. */
  readonly lengths: Uint32Array;
  /** [N, 16]: the first half of the SHA-256 of the encoded picture. */
  readonly digests: Uint8Array;
  /**
   * Of sets with folders: UTF-8 of the paths inside them, one after another, and [N] where each ends. Undefined: no
   * folders.
   */
  readonly paths: { readonly bytes: Uint8Array; readonly ends: Uint32Array } | undefined;
}
