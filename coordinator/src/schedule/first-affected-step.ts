/** The first step of a run whose target was made of certain answers. Pure. */
import { type OrderKey, orderedSamples, type StepPlan } from '@lyceum/learning/orders';
import type { ViewAt } from '@lyceum/learning/views';

/** Positions that are searched at a time. */
const POSITIONS = 4096;

export interface TrainingOrder {
  readonly plan: StepPlan;
  readonly order: OrderKey;
  /** Samples of the train split. */
  readonly samples: Uint32Array;
  /** Where chunks of a set in shards end. */
  readonly chunkEnds?: Uint32Array | undefined;
  readonly viewOf: (epoch: number) => ViewAt;
}

/**
 * @param affected - the samples whose answers are meant, by the {@link viewKey} of the answers' view.
 * @returns undefined: no step of the run uses one of these answers.
 */
export function firstAffectedStep(
  { plan, order, samples, chunkEnds, viewOf }: TrainingOrder,
  affected: ReadonlyMap<string, ReadonlySet<number>>,
): number | undefined {
  const epochCount = Math.ceil(plan.stepCount / plan.stepsPerEpoch);
  // All epochs have the same samples: if one epoch has none of the affected ones, the next of the same view has none.
  const without = new Set<string>();
  for (let epoch = 0; epoch < epochCount; epoch++) {
    const key = viewKey(viewOf(epoch));
    const some = affected.get(key);
    if (some === undefined || some.size === 0 || without.has(key)) continue;
    const position = firstPosition(samples, some, (from, count) =>
      orderedSamples(samples, chunkEnds, { ...order, epoch }, from, count),
    );
    if (position === undefined) {
      without.add(key);
      continue;
    }
    const step = epoch * plan.stepsPerEpoch + Math.floor(position / plan.batchSize);
    return step < plan.stepCount ? step : undefined;
  }
  return undefined;
}

export function viewKey({ text, epoch }: Pick<ViewAt, 'text' | 'epoch'>): string {
  return `${epoch} ${text}`;
}

function firstPosition(
  { length }: Uint32Array,
  some: ReadonlySet<number>,
  samplesAt: (from: number, count: number) => Uint32Array,
): number | undefined {
  for (let from = 0; from < length; from += POSITIONS) {
    const samples = samplesAt(from, Math.min(POSITIONS, length - from));
    const index = samples.findIndex((sample) => some.has(sample));
    if (index >= 0) return from + index;
  }
  return undefined;
}
