/** Cuts frames of targets into the batches of a plan, and says of each row which sample it is of. Pure. */
import type { SplitName } from '@lyceum/learning/datasets';
import { batchSpan, type StepPlan } from '@lyceum/learning/orders';
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

/** The tensor of labels where one class a row does not say them. */
export const HARD_LABELS = 'hard-labels';

export interface BatchSettings {
  readonly plan: StepPlan;
  readonly dataset: DatasetOutline;
  readonly split: SplitName;
  /** Absent: the split's own order. */
  readonly orderSeed: number | undefined;
  /** [N of the set], 1 where the run may know the label. */
  readonly labelled: Uint8Array;
  readonly viewOf: (epoch: number) => ViewAt;
  /** Ensemble indices. */
  readonly contributorsOf: (step: number) => readonly number[];
}

/** The batches, or parts of batches, that a frame holds, in order; they borrow its tensors. */
export function* targetBatches(
  { epoch, firstPosition, tensors }: TargetFrame,
  settings: BatchSettings,
): Generator<TargetBatch, void, undefined> {
  const { plan, dataset, split, orderSeed, labelled } = settings;
  const end = firstPosition + (tensors[0]?.shape[0] ?? 0);
  for (let position = firstPosition; position < end; ) {
    const step = epoch * plan.stepsPerEpoch + Math.floor(position / plan.batchSize);
    const span = batchSpan(plan, step);
    const batchEnd = span.firstPosition + span.positionCount;
    const partEnd = Math.min(batchEnd, end);
    const part = { epoch, firstPosition: position, positionCount: partEnd - position };
    const samples = spanSamples(dataset, split, part, orderSeed);
    yield TargetBatch.create({
      step,
      epoch,
      firstPosition: position,
      samples: [...samples],
      labels: Array.from(samples, (s) => (labelled[s] === 1 ? (dataset.labels[s] as number) : -1)),
      contributors: [...settings.contributorsOf(step)],
      tensors: [
        ...tensors.map((tensor) =>
          tensorRows(tensor, position - firstPosition, part.positionCount),
        ),
        ...mixedLabels(samples, settings.viewOf(epoch), settings),
      ],
      endsBatch: partEnd === batchEnd,
    });
    position = partEnd;
  }
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
