/** StepHistory against sums over all steps, which the tests keep. */
import { describe, expect, it } from 'vitest';
import { HISTORY_BUCKETS, StepHistory } from '../../src/history/step-history.js';

/** The figures of a step: its number, and a square that differs between steps. */
const figures = (step: number) => [step, (step * step) % 97];

function taken(steps: number): StepHistory {
  const history = new StepHistory(2);
  for (let step = 0; step < steps; step++) history.add(figures(step));
  return history;
}

/** The expected means of a point of these steps. */
function meanOf(firstStep: number, endStep: number): number[] {
  const sums = [0, 0];
  for (let step = firstStep; step < endStep; step++) {
    for (const [column, value] of figures(step).entries())
      sums[column] = (sums[column] ?? 0) + value;
  }
  return sums.map((sum) => sum / (endStep - firstStep));
}

describe.each([1, 7, HISTORY_BUCKETS, HISTORY_BUCKETS + 1, 5000])('%i recorded steps', (steps) => {
  const points = taken(steps).points(0, steps, HISTORY_BUCKETS);

  it('are covered once each by at most HISTORY_BUCKETS points of StepHistory', () => {
    expect(points.length).toBeLessThanOrEqual(HISTORY_BUCKETS);
    expect(points[0]?.firstStep).toBe(0);
    expect(points.at(-1)?.endStep).toBe(steps);
    for (const [i, { endStep }] of points.slice(0, -1).entries()) {
      expect(points[i + 1]?.firstStep).toBe(endStep);
    }
  });

  it('are averaged in each point of StepHistory', () => {
    for (const { firstStep, endStep, means } of points) {
      expect(means).toEqual(meanOf(firstStep, endStep));
    }
  });
});

it('StepHistory.points gives a range of steps in the wanted number of points', () => {
  const points = taken(1000).points(100, 300, 10);
  expect(points).toHaveLength(10);
  expect(points.map(({ firstStep }) => firstStep)).toEqual([
    100, 120, 140, 160, 180, 200, 220, 240, 260, 280,
  ]);
  expect(points[3]?.means).toEqual(meanOf(160, 180));
  expect(taken(10).points(10, 20, 5)).toEqual([]);
  // There are at most as many points as steps.
  expect(taken(10).points(0, 10, Number.POSITIVE_INFINITY)).toHaveLength(10);
});

describe('parts of a StepHistory', () => {
  it.each([
    [3, 4],
    [500, 700],
    [512, 513],
    [1023, 1025],
    [1500, 4200],
  ])('bring a copy with %i steps to %i steps', (before, after) => {
    const mirror = new StepHistory(2);
    mirror.put(taken(before).from(0));
    mirror.put(taken(after).from(before - 1));
    expect(mirror.from(0)).toEqual(taken(after).from(0));
  });

  it('replace the steps that a resumed run takes again', () => {
    const mirror = new StepHistory(2);
    mirror.put(taken(900).from(0));
    const resumed = new StepHistory(2);
    resumed.put(taken(640).from(0));
    for (let step = 640; step < 1100; step++) resumed.add(figures(step));
    mirror.put(resumed.from(0));
    expect(mirror.from(0)).toEqual(taken(1100).from(0));
  });

  it('leave the steps of a gap unknown', () => {
    const mirror = new StepHistory(2);
    mirror.put(taken(5).from(0));
    mirror.put(taken(600).from(300));
    const [whole, half, ...others] = mirror.points(0, 600, HISTORY_BUCKETS);
    expect([whole, half].map((point) => point?.means)).toEqual([meanOf(0, 2), meanOf(2, 4)]);
    for (const { firstStep, endStep, means } of others) {
      const isKnown = firstStep >= 300;
      expect(means).toEqual(isKnown ? meanOf(firstStep, endStep) : [Number.NaN, Number.NaN]);
    }
  });

  it('of an empty history are empty', () => {
    const mirror = new StepHistory(2);
    mirror.put(new StepHistory(2).from(0));
    expect(mirror.endStep).toBe(0);
    expect(mirror.points(0, 10, 10)).toEqual([]);
  });

  it.each([
    [
      'narrower buckets',
      { bucketSteps: 1, firstBucket: 2, endStep: 3, values: [1, 2] },
      'want at least 2',
    ],
    ['odd widths', { bucketSteps: 3, firstBucket: 0, endStep: 3, values: [1, 2] }, 'power of two'],
    ['too many', { bucketSteps: 1, firstBucket: 0, endStep: 9999, values: [] }, 'at most 512'],
    ['values missing', { bucketSteps: 4, firstBucket: 0, endStep: 3, values: [1] }, 'want 2'],
    ['before the start', { bucketSteps: 4, firstBucket: -1, endStep: 3, values: [] }, 'buckets'],
    ['no number', { bucketSteps: Number.NaN, firstBucket: 0, endStep: 3, values: [] }, 'buckets'],
  ])('are refused: %s', (what, part, message) => {
    const mirror = new StepHistory(2);
    mirror.put(taken(what === 'narrower buckets' ? 600 : 3).from(0));
    const before = mirror.from(0);
    expect(() => mirror.put(part)).toThrow(message);
    expect(mirror.from(0)).toEqual(before);
  });
});
