// The oracle is a search through every step of the run.
import { orderedRows, orderedSamples } from '@lyceum/learning/orders';
import { describe, expect, it } from 'vitest';
import { firstAffectedStep, viewKey } from '../../src/schedule/first-affected-step.js';

const SAMPLES = Uint32Array.from({ length: 50 }, (_, i) => 1000 + 3 * i);
const plan = { sampleCount: 50, batchSize: 8, stepsPerEpoch: 7, stepCount: 30 };
const CYCLE = 3;
const viewOf = (epoch: number) => ({ text: 'shifted', epoch: epoch % CYCLE });
const order = { plan, order: { seed: 9 }, samples: SAMPLES, viewOf };

function searched(view: number, affected: ReadonlySet<number>): number | undefined {
  for (let step = 0; step < plan.stepCount; step++) {
    const epoch = Math.floor(step / plan.stepsPerEpoch);
    if (epoch % CYCLE !== view) continue;
    const first = (step - epoch * plan.stepsPerEpoch) * plan.batchSize;
    const count = Math.min(plan.batchSize, plan.sampleCount - first);
    const rows = orderedRows(plan.sampleCount, { seed: 9, epoch }, first, count);
    if (rows.some((row) => affected.has(SAMPLES[row] as number))) return step;
  }
  return undefined;
}

describe('firstAffectedStep', () => {
  it.each([0, 1, 2])('finds the first step that has a sample in view epoch %i', (view) => {
    const key = viewKey({ text: 'shifted', epoch: view });
    for (let i = 0; i < SAMPLES.length; i += 5) {
      const affected = new Set([SAMPLES[i] as number]);
      const found = firstAffectedStep(order, new Map([[key, affected]]));
      expect(found).toBe(searched(view, affected));
      expect(Math.floor((found ?? 0) / plan.stepsPerEpoch)).toBe(view);
    }
  });

  it('finds the first step that has a sample in chunks order', () => {
    const chunkEnds = Uint32Array.of(1020, 1030, 1090, 1150);
    const byChunks = { ...order, order: { seed: 9, blockPositions: 16 }, chunkEnds };
    const inEpoch = { seed: 9, blockPositions: 16, epoch: 1 };
    const visited = orderedSamples(SAMPLES, chunkEnds, inEpoch, 0, SAMPLES.length);
    const key = viewKey(viewOf(1));
    for (const [position, sample] of visited.entries()) {
      const found = firstAffectedStep(byChunks, new Map([[key, new Set([sample])]]));
      expect(found).toBe(7 + Math.floor(position / 8));
    }
  });

  it('is undefined for samples of other splits, for other views and for no samples', () => {
    const none = (key: string, samples: number[]) =>
      firstAffectedStep(order, new Map([[key, new Set(samples)]]));
    const key = viewKey(viewOf(0));
    expect(none(key, [1])).toBeUndefined();
    expect(none(key, [])).toBeUndefined();
    expect(none(viewKey({ text: 'identity', epoch: 0 }), [1000])).toBeUndefined();
  });
});
