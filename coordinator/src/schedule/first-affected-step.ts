/** The first step of a run whose target was made of certain answers. Pure. */
import { orderedRows, type StepPlan } from '@lyceum/learning/orders';
import type { ViewAt } from '@lyceum/learning/views';

/** Positions that are looked at at a time. */
const CHUNK = 4096;

export interface TrainingOrder {
  readonly plan: StepPlan;
  readonly orderSeed: number;
  /** Samples of the train split. */
  readonly samples: Uint32Array;
  readonly viewOf: (epoch: number) => ViewAt;
}

/**
 * @param affected - the samples whose answers are meant, by {@link viewKey}.
 * @returns undefined: none of its steps has one of them.
 */
export function firstAffectedStep(
  { plan, orderSeed, samples, viewOf }: TrainingOrder,
  affected: ReadonlyMap<string, ReadonlySet<number>>,
): number | undefined {
  const epochCount = Math.ceil(plan.stepCount / plan.stepsPerEpoch);
  // An epoch has every sample: what one lacks the next of the same view lacks too.
  const without = new Set<string>();
  for (let epoch = 0; epoch < epochCount; epoch++) {
    const key = viewKey(viewOf(epoch));
    const some = affected.get(key);
    if (some === undefined || some.size === 0 || without.has(key)) continue;
    const position = firstPosition(samples, { seed: orderSeed, epoch }, some);
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
  samples: Uint32Array,
  order: { readonly seed: number; readonly epoch: number },
  some: ReadonlySet<number>,
): number | undefined {
  for (let from = 0; from < samples.length; from += CHUNK) {
    const count = Math.min(CHUNK, samples.length - from);
    const rows = orderedRows(samples.length, order, from, count);
    const index = rows.findIndex((row) => some.has(samples[row] as number));
    if (index >= 0) return from + index;
  }
  return undefined;
}
