/**
 * Cuts frames of targets into the batches of a plan, or into a rank's slices of them, and says of each row which sample
 * it is of. Pure.
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

/** The tensor of labels where one class a row does not say them. */
export const HARD_LABELS = 'hard-labels';

export interface BatchSettings {
  readonly plan: StepPlan;
  readonly dataset: DatasetOutline;
  readonly split: SplitName;
  readonly slice: Slice;
  /** Absent: the split's own order. */
  readonly order: OrderKey | undefined;
  /** [N of the set], 1 where the run may know the label. */
  readonly labelled: Uint8Array;
  readonly viewOf: (epoch: number) => ViewAt;
  /** Ensemble indices. */
  readonly contributorsOf: (step: number) => readonly number[];
}

/** The batches, slices, or parts of them that a frame holds, in order; they borrow its tensors. */
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
 * What of a slice of `batch` lies at positions [first, end), which are of that batch; undefined: nothing that would have
 * to be sent. An empty slice is sent too, with the batch's last position.
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

/** Where a view mixes samples it mixes their labels. */
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
