// Grids of small plans; for some of them every step is compared with its span.
import { stepPlan } from '@lyceum/learning/orders';
import { describe, expect, it } from 'vitest';
import {
  endStepOfSpan,
  gridOfSpans,
  SPAN_BYTES,
  spanAt,
  spanGrid,
  spanOfStep,
} from '../../src/schedule/span-grid.js';

const ROW_BYTES = 40;

describe('spanGrid', () => {
  it('cuts an epoch into equal spans of about 4,096 positions', () => {
    const grid = spanGrid(stepPlan({ sampleCount: 9_000, batchSize: 128, epochs: 2 }), ROW_BYTES);
    // 71 steps in two spans.
    expect(grid).toMatchObject({
      spanPositions: 4608,
      stepsPerSpan: 36,
      spansPerEpoch: 2,
      spanCount: 4,
    });
    expect(spanAt(grid, 1)).toEqual({ epoch: 0, firstPosition: 4608, positionCount: 4392 });
    expect(spanAt(grid, 2)).toEqual({ epoch: 1, firstPosition: 0, positionCount: 4608 });
  });

  it('has at least one span an epoch', () => {
    const grid = spanGrid(stepPlan({ sampleCount: 900, batchSize: 128, epochs: 3 }), ROW_BYTES);
    expect(grid).toMatchObject({ spanPositions: 1024, spansPerEpoch: 1, spanCount: 3 });
  });

  it('does not divide a large batch, and cuts shorter spans for long rows', () => {
    const plan = stepPlan({ sampleCount: 15_000, batchSize: 5_000, epochs: 1 });
    expect(spanGrid(plan, ROW_BYTES)).toMatchObject({ spanPositions: 5_000, spansPerEpoch: 3 });
    const small = stepPlan({ sampleCount: 9_000, batchSize: 32, epochs: 1 });
    expect(spanGrid(small, 128 * 1024).spanPositions).toBe(64);
    expect(spanGrid(small, SPAN_BYTES).spanPositions).toBe(32);
  });

  it('cuts shorter spans for large pictures, and at most 4,096 positions for small ones', () => {
    const plan = stepPlan({ sampleCount: 9_000, batchSize: 128, epochs: 1 });
    expect(spanGrid(plan, ROW_BYTES, 1).spanPositions).toBe(24 * 128);
    // 1,024 pictures in 128 MiB, of 71 batches: nine spans.
    expect(spanGrid(plan, ROW_BYTES, 2 ** 17).spanPositions).toBe(8 * 128);
    expect(spanGrid(plan, ROW_BYTES, 2 ** 27).spanPositions).toBe(128);
  });

  it('equals the grid that gridOfSpans makes of its span length', () => {
    for (const batchSize of [9, 128, 5_000]) {
      const plan = stepPlan({ sampleCount: 9_000, batchSize, epochs: 3 });
      const grid = spanGrid(plan, ROW_BYTES);
      expect(gridOfSpans(plan, grid.spanPositions)).toEqual(grid);
    }
  });

  it('has no span for a plan without a step', () => {
    const plan = { ...stepPlan({ sampleCount: 900, batchSize: 128, epochs: 1 }), stepCount: 0 };
    expect(spanGrid(plan, ROW_BYTES).spanCount).toBe(0);
  });

  it('maps every step to the span that holds its positions', () => {
    for (const batchSize of [9, 128, 999]) {
      const plan = stepPlan({
        sampleCount: 2_500,
        batchSize,
        steps: 3 * Math.ceil(2_500 / batchSize) - 1,
      });
      const grid = spanGrid(plan, ROW_BYTES);
      for (let step = 0; step < plan.stepCount; step++) {
        const span = spanOfStep(grid, step);
        const { epoch, firstPosition, positionCount } = spanAt(grid, span);
        const position = (step % plan.stepsPerEpoch) * batchSize;
        expect(epoch).toBe(Math.floor(step / plan.stepsPerEpoch));
        expect(position).toBeGreaterThanOrEqual(firstPosition);
        expect(position).toBeLessThan(firstPosition + positionCount);
        expect(step).toBeLessThan(endStepOfSpan(grid, span));
      }
      expect(grid.spanCount).toBe(spanOfStep(grid, plan.stepCount - 1) + 1);
    }
  });
});
