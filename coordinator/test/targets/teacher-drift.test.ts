/** Seeded teachers that stay as they are, and some that do not. */
import { describe, expect, it } from 'vitest';
import { DRIFT_BLOCK, TeacherDrift } from '../../src/targets/teacher-drift.js';
import { randomFrom } from '../random.js';

/** The mean of four rows, each right with this probability. */
function share(random: () => number, probability: number): number {
  return [0, 0, 0, 0].filter(() => random() < probability).length / 4;
}

function warnings(seed: number, blocks: number, at: (block: number) => [number, number]): string[] {
  const random = randomFrom(seed);
  const drift = new TeacherDrift();
  return Array.from({ length: blocks * DRIFT_BLOCK }, (_, i) => {
    const [agreement, entropy] = at(Math.floor(i / DRIFT_BLOCK));
    return drift.observe({
      agreement: share(random, agreement),
      entropy: entropy + (random() - 0.5) / 10,
    });
  }).flat();
}

describe('a teacher', () => {
  it('that stays as it is is left alone, for hundreds of blocks of many seeds', () => {
    for (let seed = 1; seed <= 20; seed++) {
      expect(warnings(seed, 300, () => [0.7, 0.3])).toEqual([]);
    }
  });

  it('that begins to contradict the ensemble is told of, once', () => {
    const seen = warnings(3, 40, (block) => [block < 5 ? 0.9 : 0.4, 0.3]);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatch(
      /^agreement with the run's ensemble was 0\.\d+ at the beginning and is 0\.[34]\d+$/,
    );
  });

  it('that becomes unsure is told of, and one that becomes so by little is not', () => {
    expect(warnings(3, 10, (block) => [0.9, block < 5 ? 0.1 : 0.3])).toEqual([
      expect.stringMatching(
        /^mean entropy, as a share of ln C, was 0\.(09|10)\d at the beginning and is 0\.(29|30)\d$/,
      ),
    ]);
    expect(warnings(3, 10, (block) => [0.9, block < 5 ? 0.1 : 0.15])).toEqual([]);
  });

  it('that differs by six standard errors is left alone, and told of beyond them', () => {
    // Of mean ½ and variance n/(n − 1)/4: six standard errors are 3/√(n − 1) = 0.378.
    const told = (agreement: number) => {
      const drift = new TeacherDrift();
      return Array.from({ length: 2 * DRIFT_BLOCK }, (_, i) =>
        drift.observe({ agreement: i < DRIFT_BLOCK ? agreement : i % 2, entropy: 0.3 }),
      ).flat();
    };
    expect(told(0.5 + 0.377)).toEqual([]);
    expect(told(0.5 + 0.379)).toHaveLength(1);
  });
});
