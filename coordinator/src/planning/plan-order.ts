/** Chooses the order in which a run visits the samples of a set in shards, and finds orders that do not fit. Pure. */
import type { RunSpecification } from '@lyceum/learning/specification';
import type { Problem } from '@lyceum/proto';
import { type DatasetOutline, pictureBytesOf } from '../artifacts/index.js';
import { newGrid, type RunRecord } from '../runs/index.js';
import { SPAN_PICTURE_BYTES } from '../schedule/index.js';

/**
 * The full order is chosen if the decoded training pictures have at most so many bytes. A worker's cache then holds
 * all of them, so a span may well use a part of every chunk.
 */
const FULL_ORDER_BYTES = 512 * 1024 * 1024;

const MIB = 1024 * 1024;

type PlannedSet = Pick<DatasetOutline, 'modalities' | 'chunkEnds'>;

/** @returns undefined: the set is one file, which has one order. */
export function plannedOrder(
  { spec }: RunSpecification,
  dataset: PlannedSet,
  facts: Parameters<typeof newGrid>[0],
): RunRecord['sampleOrder'] {
  const pictureBytes = pictureBytesOf(dataset);
  if (pictureBytes === undefined) return undefined;
  const { spanPositions } = newGrid(facts, pictureBytes);
  const named = spec.training.order;
  if (named !== undefined) return { kind: named, reason: 'spec.training.order', spanPositions };
  const bytes = facts.plan.sampleCount * pictureBytes;
  const kind = bytes > FULL_ORDER_BYTES ? 'chunks' : 'full';
  const than = kind === 'chunks' ? 'more' : 'no more';
  const size = Math.ceil(bytes / MIB).toLocaleString('en-US');
  const reason = `an epoch has ${size} MiB of decoded pictures, ${than} than ${FULL_ORDER_BYTES / MIB}`;
  return { kind, reason, spanPositions };
}

export function orderProblems({ spec }: RunSpecification, dataset: PlannedSet): Problem[] {
  const pictureBytes = pictureBytesOf(dataset);
  const { order, batchSize } = spec.training;
  if (pictureBytes === undefined) {
    if (order !== 'chunks') return [];
    const message = 'chunks is only for sets in shards, and spec.dataset is one file; leave it out';
    return [{ path: 'spec.training.order', message }];
  }
  const batchBytes = batchSize * pictureBytes;
  if (batchBytes <= SPAN_PICTURE_BYTES) return [];
  const fitting = Math.floor(SPAN_PICTURE_BYTES / pictureBytes);
  const message = `makes batches of ${batchBytes} bytes of decoded pictures; workers read a set in shards ${SPAN_PICTURE_BYTES} bytes at a time: want at most ${fitting}`;
  return [{ path: 'spec.training.batchSize', message }];
}
