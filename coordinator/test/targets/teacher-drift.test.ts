/** Seeded teachers, some of which change. */
import { describe, expect, it } from 'vitest';
import { DRIFT_BLOCK, TeacherDrift } from '../../src/targets/teacher-drift.js';
import { randomFrom } from '../random.js';

/** The share of four rows that agree, each with this probability. */
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

describe('TeacherDrift', () => {
  it('does not warn of an unchanged teacher in 300 blocks of 20 seeds', () => {
    for (let seed = 1; seed <= 20; seed++) {
      expect(warnings(seed, 300, () => [0.7, 0.3])).toEqual([]);
    }
  });

  it('warns once of a teacher that begins to contradict the ensemble', () => {
    const seen = warnings(3, 40, (block) => [block < 5 ? 0.9 : 0.4, 0.3]);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatch(
      /^agreement with the run's ensemble was 0\.\d+ at the beginning and is 0\.[34]\d+$/,
    );
  });

  it('warns of a teacher whose mean entropy rises by 0.2, not by 0.05', () => {
    expect(warnings(3, 10, (block) => [0.9, block < 5 ? 0.1 : 0.3])).toEqual([
      expect.stringMatching(
        /^mean entropy, as a share of ln C, was 0\.(09|10)\d at the beginning and is 0\.(29|30)\d$/,
      ),
    ]);
    expect(warnings(3, 10, (block) => [0.9, block < 5 ? 0.1 : 0.15])).toEqual([]);
  });

  it('warns of a difference above six standard errors, not below', () => {
    // The mean is ½ and the variance n/(n − 1)/4: six standard errors are 3/√(n − 1) = 0.378.
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
