/**
 * Cuts frames of targets into the batches of a plan, or into a rank's slices of the batches, and adds the sample of
 * each row. Pure.
 */
import type { SplitName } from '@lyceum/learning/datasets';
import { batchSpan, type OrderKey, type Span, type StepPlan } from '@lyceum/learning/orders';
import { mixupOf, type ViewAt, writeHardLabels } from '@lyceum/learning/views';
import {
  float32Tensor,
  TargetBatch,
  type TargetFrame,
  type Tensor,
  tensorRows,
} from '@lyceum/proto';
import type { DatasetOutline } from '../artifacts/index.js';
import { spanSamples } from '../tickets/asks/index.js';
import type { Slice } from './reader-worlds.js';

/** Name of the tensor of hard labels, for views where one class for each row is not enough. */
export const HARD_LABELS = 'hard-labels';

export interface BatchSettings {
  readonly plan: StepPlan;
  readonly dataset: DatasetOutline;
  readonly split: SplitName;
  readonly slice: Slice;
  /** Absent: the split's own order. */
  readonly order: OrderKey | undefined;
  /** [N of the set], 1 where the run may use the label. */
  readonly labelled: Uint8Array;
  readonly viewOf: (epoch: number) => ViewAt;
  /** Ensemble indices of the contributors. */
  readonly contributorsOf: (step: number) => readonly number[];
}

/** The batches, slices, or parts of them that a frame holds, in order; they borrow the frame's tensors. */
export function* targetBatches(
  { epoch, firstPosition, tensors }: TargetFrame,
  settings: BatchSettings,
): Generator<TargetBatch, void, undefined> {
  const { plan, dataset, split, order, labelled } = settings;
  const end = firstPosition + (tensors[0]?.shape[0] ?? 0);
  for (let position = firstPosition; position < end; ) {
    const step = epoch * plan.stepsPerEpoch + Math.floor(position / plan.batchSize);
    const batch = batchSpan(plan, step);
    const partEnd = Math.min(batch.firstPosition + batch.positionCount, end);
    const part = slicePart(batch, settings.slice, position, partEnd);
    position = partEnd;
    if (part === undefined) continue;
    const all = spanSamples(dataset, split, batch, order);
    const offset = part.firstPosition - batch.firstPosition;
    const samples = all.subarray(offset, offset + part.positionCount);
    const isLabelled = (sample: number) => labelled[sample] === 1;
    yield TargetBatch.create({
      step,
      epoch,
      firstPosition: part.firstPosition,
      samples: [...samples],
      labels: Array.from(samples, (s) => (isLabelled(s) ? (dataset.labels[s] as number) : -1)),
      contributors: [...settings.contributorsOf(step)],
      tensors: [
        ...tensors.map((tensor) =>
          tensorRows(tensor, part.firstPosition - firstPosition, part.positionCount),
        ),
        ...mixedLabels(samples, settings.viewOf(epoch), settings),
      ],
      endsBatch: part.endsSlice,
      rowCount: all.length,
      labelledCount: all.filter(isLabelled).length,
    });
  }
}

interface SlicePart extends Span {
  readonly endsSlice: boolean;
}

/**
 * The part of the rank's slice of `batch` at positions [first, end), which belong to that batch; undefined: nothing
 * to send. An empty slice is sent too, with the end of the batch.
 */
function slicePart(
  { epoch, firstPosition, positionCount }: Span,
  { rank, worldSize }: Slice,
  first: number,
  end: number,
): SlicePart | undefined {
  const cut = (index: number) => firstPosition + Math.floor((index * positionCount) / worldSize);
  const [sliceFirst, sliceEnd] = [cut(rank), cut(rank + 1)];
  if (sliceFirst === sliceEnd) {
    const endsSlice = end === firstPosition + positionCount;
    return endsSlice ? { epoch, firstPosition: end, positionCount: 0, endsSlice } : undefined;
  }
  const from = Math.max(first, sliceFirst);
  const to = Math.min(end, sliceEnd);
  if (from >= to) return undefined;
  return { epoch, firstPosition: from, positionCount: to - from, endsSlice: to === sliceEnd };
}

/** The mixed labels of samples, if the view mixes samples; else empty. */
function mixedLabels(
  samples: Uint32Array,
  view: ViewAt,
  { dataset, labelled }: BatchSettings,
): Tensor[] {
  if (mixupOf(dataset, view) === undefined) return [];
  const { classCount } = dataset;
  const values = new Float32Array(samples.length * classCount);
  writeHardLabels(dataset, labelled, samples, view, values);
  return [float32Tensor(HARD_LABELS, [samples.length, classCount], values)];
}
