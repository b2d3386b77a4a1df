/** What is wrong with arrays that should be the index of a set in shards. */
import type { Problem } from '@lyceum/proto';
import { DIGEST_BYTES, type IndexArrays } from './index-arrays.js';
import { picturesIn } from './shard-formats.js';
import type { ShardsMeta } from './shards-meta.js';

/** Greatest size of a picture's file, the same as in `datasets push`. */
const PICTURE_MAX_BYTES = 128 * 1024 * 1024;

/** @param splits - [N], the split of each sample. */
export function shardProblems(
  { shards, canary }: ShardsMeta,
  index: IndexArrays,
  splits: Uint8Array,
): Problem[] {
  const problems: Problem[] = [];
  const wrong = (path: string, message: string) => problems.push({ path, message });
  const sampleCount = splits.length;
  const { chunkEnds, shardOf, offsets, lengths, digests, paths } = index;
  for (const [name, array] of Object.entries({ shards: shardOf, offsets, lengths })) {
    if (array.length !== sampleCount) wrong(name, `want ${sampleCount}, got ${array.length}`);
  }
  if (digests.length !== sampleCount * DIGEST_BYTES) {
    wrong('digests', `want ${DIGEST_BYTES} bytes for each of ${sampleCount} samples`);
  }
  if (problems.length > 0) return problems;
  problems.push(...chunkProblems(chunkEnds, splits));
  for (const sample of canary.samples) {
    if (sample >= sampleCount) wrong('meta.json.canary', `there is no sample ${sample}`);
  }
  const haveFiles = shards.some((shard) => picturesIn(shard) === 'files');
  if (haveFiles) problems.push(...pathProblems(paths, sampleCount));
  for (let sample = 0; sample < sampleCount; sample++) {
    const [shard, length, offset] = [shardOf[sample], lengths[sample], offsets[sample]] as [
      number,
      number,
      number,
    ];
    const found = shards[shard];
    if (found === undefined) {
      wrong('shards', `sample ${sample} is in shard ${shard} of ${shards.length}`);
    } else if (length === 0 || length > PICTURE_MAX_BYTES) {
      wrong('lengths', `sample ${sample} has ${length} bytes; want 1 to ${PICTURE_MAX_BYTES}`);
    } else if (!Number.isSafeInteger(offset) || offset < 0) {
      wrong('offsets', `sample ${sample} begins at ${offset}; want a whole number`);
    } else if (picturesIn(found) === 'ranges' && offset + length > found.sizeBytes) {
      wrong('offsets', `sample ${sample} ends beyond ${found.url}, of ${found.sizeBytes} bytes`);
    } else continue;
    break;
  }
  return problems;
}

function chunkProblems(chunkEnds: Uint32Array, splits: Uint8Array): Problem[] {
  const wrong = (message: string): Problem[] => [{ path: 'chunkEnds', message }];
  let start = 0;
  for (const [chunk, end] of chunkEnds.entries()) {
    if (end <= start || end > splits.length) {
      return wrong(`chunk ${chunk} is of samples ${start} to ${end} of ${splits.length}`);
    }
    const split = splits[start];
    if (splits.subarray(start, end).some((other) => other !== split)) {
      return wrong(`chunk ${chunk} has samples of more than one split`);
    }
    start = end;
  }
  return start === splits.length ? [] : wrong(`ends at ${start}; want ${splits.length}`);
}

function pathProblems(paths: IndexArrays['paths'], sampleCount: number): Problem[] {
  const wrong = (message: string): Problem[] => [{ path: 'pathEnds', message }];
  if (paths === undefined) return wrong('is missing, and the set has a folder');
  const { bytes, ends } = paths;
  if (ends.length !== sampleCount) return wrong(`want ${sampleCount}, got ${ends.length}`);
  let start = 0;
  for (const [sample, end] of ends.entries()) {
    if (end < start) return wrong(`path ${sample} ends before it begins`);
    start = end;
  }
  return start === bytes.length ? [] : wrong(`ends at ${start}; want ${bytes.length}`);
}
