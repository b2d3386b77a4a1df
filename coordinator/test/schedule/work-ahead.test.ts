// Tickets that workers may hold are compared with tickets of the open spans.
import { stepPlan } from '@lyceum/learning/orders';
import { describe, expect, it } from 'vitest';
import { spanGrid } from '../../src/schedule/span-grid.js';
import {
  studentWindowSteps,
  teacherWindowSteps,
  ticketsInHand,
} from '../../src/schedule/work-ahead.js';

const plan = stepPlan({ sampleCount: 60_000, batchSize: 128, epochs: 2 });

function spans(workerCount: number, teacherCount: number, classCount = 10): number {
  const rowBytes = 4 * classCount;
  const grid = spanGrid(plan, rowBytes);
  return teacherWindowSteps(grid, { workerCount, teacherCount, rowBytes }) / grid.stepsPerSpan;
}

describe('teacherWindowSteps', () => {
  it.each([1, 2, 3, 8])(
    'has spans for all tickets in hand of up to 64 workers: %i teachers',
    (teachers) => {
      for (let workers = 1; workers <= 64; workers++) {
        const hands = workers * teachers * ticketsInHand(teachers);
        expect(spans(workers, teachers) * teachers).toBeGreaterThanOrEqual(hands + 2 * teachers);
      }
    },
  );

  it('is the window of the student, 4 spans, for few workers', () => {
    expect(spans(0, 3)).toBe(4);
    expect(spans(1, 3)).toBe(4);
    const grid = spanGrid(plan, 40);
    expect(studentWindowSteps(grid)).toBe(4 * grid.stepsPerSpan);
  });

  it('is limited by the memory that answers of many classes take', () => {
    // A span of 1,000 classes has 8 MiB a teacher.
    expect(spans(64, 3, 1000)).toBe(5);
    expect(spans(64, 1, 1000)).toBe(16);
    expect(spans(64, 30, 1000)).toBe(4);
  });
});

it('ticketsInHand is two for up to one teacher, and one for several', () => {
  expect([0, 1, 2, 3, 4].map(ticketsInHand)).toEqual([2, 2, 1, 1, 1]);
});
