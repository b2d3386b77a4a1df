// A grid of 2 epochs with 3 spans each, of 2, 2 and 1 steps.
import { stepPlan } from '@lyceum/learning/orders';
import { expect, test } from 'vitest';
import { SpanDecisions } from '../../src/schedule/span-decisions.js';
import { firstStepOfSpan, spanGrid } from '../../src/schedule/span-grid.js';

const grid = spanGrid(stepPlan({ sampleCount: 12_000, batchSize: 2_500, epochs: 2 }), 40);

test('firstStepOfSpan gives the first step of each span', () => {
  expect([0, 1, 2, 3, 4, 5].map((span) => firstStepOfSpan(grid, span))).toEqual([0, 2, 4, 5, 7, 9]);
});

test('SpanDecisions counts steps: degraded, of unknown contributors, and by teacher', () => {
  const decisions = new SpanDecisions(
    grid,
    2,
    new Map([
      [0, [0, 1]],
      [2, [1]],
    ]),
  );
  decisions.decide(3, [0]);
  decisions.decide(4, [0, 1]);
  expect(decisions.counts()).toEqual({
    degradedSteps: 3,
    unknownSteps: 3,
    teacherSteps: [6, 5],
  });
});

test('SpanDecisions keeps the first decision on a span', () => {
  const decisions = new SpanDecisions(grid, 2, new Map([[0, [0]]]));
  decisions.decide(0, [0, 1]);
  expect(decisions.of(0)).toEqual([0]);
  expect(decisions.isDegraded(0)).toBe(true);
  expect(decisions.degradedSteps).toBe(2);
});

test('SpanDecisions calls a span degraded only if a teacher is missing from its decision', () => {
  const decisions = new SpanDecisions(grid, 2, new Map([[0, [0, 1]]]));
  expect(decisions.isDegraded(0)).toBe(false);
  expect(decisions.isDegraded(1)).toBe(false);
});
