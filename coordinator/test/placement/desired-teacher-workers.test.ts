// Demands with counts worked out by hand.
import { describe, expect, it } from 'vitest';
import { desiredTeacherWorkers, RecentWants } from '../../src/placement/desired-teacher-workers.js';

/** @param secondsPerSample - one for each wanted teacher. */
function run(studentRate: number | undefined, ...secondsPerSample: (number | undefined)[]) {
  return { studentRate, secondsPerSample };
}

describe('desiredTeacherWorkers', () => {
  it.each([
    { name: 'nothing runs', runs: [], want: 0 },
    { name: 'everything is in the store', runs: [run(1000), run(undefined)], want: 0 },
    // 1.1 · 1000 · (0.001 + 0.002 + 0.004) = 7.7
    { name: 'three teachers', runs: [run(1000, 0.001, 0.002, 0.004)], want: 8 },
    { name: 'two runs', runs: [run(1000, 0.001), run(500, 0.006), run(9999)], want: 5 },
    { name: 'a teacher that is hardly busy', runs: [run(10, 0.001)], want: 1 },
    { name: 'a student without a step', runs: [run(undefined, 0.1)], want: 1 },
    { name: 'a teacher never measured', runs: [run(1000, undefined)], want: 1 },
    { name: 'beside one that was', runs: [run(1000, undefined, 0.003)], want: 4 },
  ])('$name: $want', ({ runs, want }) => {
    expect(desiredTeacherWorkers(runs)).toBe(want);
  });

  it('is at most the count whose answers can be carried, and 1 if that count is 0', () => {
    const runs = [run(1000, 0.001, 0.002, 0.004)];
    expect([3, 8, 20, 0].map((carried) => desiredTeacherWorkers(runs, carried))).toEqual([
      3, 8, 8, 1,
    ]);
    expect(desiredTeacherWorkers([], 3)).toBe(0);
  });
});

it('RecentWants remembers a wanted teacher for 30 s', () => {
  const wants = new RecentWants();
  wants.wanted('a', 1_000);
  wants.wanted('b', 20_000);
  expect([wants.isRecent('a', 30_999), wants.isRecent('a', 31_000)]).toEqual([true, false]);
  wants.forgetOld(31_000);
  expect([wants.isRecent('a', 2_000), wants.isRecent('b', 31_000)]).toEqual([false, true]);
});
