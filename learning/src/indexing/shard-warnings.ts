/** What is probably wrong with a usable set in shards. */
import type { Problem } from '@lyceum/proto';
import {
  type ManifestParts,
  picturesIn,
  SPLIT_NUMBERS,
  sharedSamples,
  sharedSamplesText,
} from '../datasets/index.js';
import type { Refusals } from '../import/samples/index.js';
import { GAP_BYTES } from '../shards/index.js';
import type { Mixing } from './mixing.js';

const REPACK = '`coordinator datasets repack` writes mixed shards';

/** If a batch has less than this share of the classes that a full order gives, training is slower. */
const MIXED_SHARE = 0.8;

/**
 * How many bytes may be read for each wanted one, apart from headers and labels of {@link BESIDE_PICTURE_BYTES} a
 * picture.
 */
const READ_TOO_MUCH = 1.2;
const BESIDE_PICTURE_BYTES = 16 * 1024;

const REQUESTS_PER_CHUNK = 4;

/** A chunk is the smallest part that is read. A larger one is a row group, which cannot be cut. */
const CHUNK_MAX_BYTES = 64 * 1024 * 1024;

export interface ShardFindings {
  readonly mixing: Mixing | undefined;
  /** Pictures that were tried for the canary and cannot be decoded. */
  readonly broken: Refusals;
  /** Why rows of shards could not be kept in the cache; undefined: all were kept. */
  readonly cacheTrouble: string | undefined;
}

export function shardWarnings(
  parts: ManifestParts,
  { mixing, broken, cacheTrouble }: ShardFindings,
): Problem[] {
  return [
    ...mixingWarning(mixing),
    ...readingWarnings(parts),
    ...twinsWarning(parts),
    ...brokenWarning(broken),
    ...cacheWarning(cacheTrouble),
  ];
}

function mixingWarning(mixing: Mixing | undefined): Problem[] {
  if (mixing === undefined || mixing.chunkOrder >= MIXED_SHARE * mixing.fullOrder) return [];
  const { batchSize, chunkOrder, fullOrder } = mixing;
  const message = `in the order by chunks a batch of ${batchSize} has ${chunkOrder.toFixed(0)} distinct classes, in full order ${fullOrder.toFixed(0)}: shards are sorted by class; ${REPACK}`;
  return [{ path: 'mixing', message }];
}

/** For shards that are read by ranges: how much lies between the pictures of train's chunks. */
function readingWarnings({ chunkEnds, splits, shards }: ManifestParts): Problem[] {
  const { shardOf, offsets, lengths } = shards;
  let [read, wanted, allowed, requests, chunks, largest] = [0, 0, 0, 0, 0, 0];
  let start = 0;
  for (const end of chunkEnds) {
    const areRanges = picturesIn(shards.shards[shardOf[start] as number]) === 'ranges';
    const isCounted = areRanges && splits[start] === SPLIT_NUMBERS.train;
    let bytes = 0;
    let last = Number.NEGATIVE_INFINITY;
    for (let sample = start; sample < end; sample++) {
      const [offset, length] = [offsets[sample] as number, lengths[sample] as number];
      bytes += length;
      const gap = offset - last;
      last = offset + length;
      if (!isCounted) continue;
      if (gap > GAP_BYTES) requests += 1;
      else read += gap;
      read += length;
    }
    largest = Math.max(largest, bytes);
    if (isCounted) {
      chunks += 1;
      wanted += bytes;
      allowed += READ_TOO_MUCH * bytes + BESIDE_PICTURE_BYTES * (end - start);
    }
    start = end;
  }
  const warnings: Problem[] = [];
  if (read > allowed || requests > REQUESTS_PER_CHUNK * chunks) {
    const message = `a chunk of train takes ${(requests / chunks).toFixed(0)} requests, and ${(read / wanted).toFixed(1)} times its bytes are read, because other splits or files lie between its pictures; name shards by split (train=URL), or ${REPACK}`;
    warnings.push({ path: 'shards', message });
  }
  if (largest > CHUNK_MAX_BYTES) {
    const message = `a row group has ${(largest / 1024 ** 2).toFixed(0)} MiB of pictures, and is read as a whole; write groups of about 10 MiB, or ${REPACK}`;
    warnings.push({ path: 'shards', message });
  }
  return warnings;
}

function twinsWarning({ sampleCount, splits, shards }: ManifestParts): Problem[] {
  const text = sharedSamplesText(
    sharedSamples({ sampleCount, splits, shards, modalities: new Map() }),
  );
  if (text === undefined) return [];
  const message = `${text}, the same files: figures on them are too good. Keep one of each in the source`;
  return [{ path: 'duplicates', message }];
}

function brokenWarning({ count, first: [first] }: Refusals): Problem[] {
  if (first === undefined) return [];
  const message = `${count} of the few that were looked at cannot be decoded, ${first.path}: ${first.message}. --check-pictures finds all`;
  return [{ path: 'pictures', message }];
}

function cacheWarning(trouble: string | undefined): Problem[] {
  if (trouble === undefined) return [];
  const message = `${trouble}; the set is complete, but to register it again reads all shards again. --cache names another folder`;
  return [{ path: 'cache', message }];
}
