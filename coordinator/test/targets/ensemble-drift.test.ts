/** Three teachers of logits by plain rules; one of them changes. */
import { expect, it } from 'vitest';
import { EnsembleDrift } from '../../src/targets/ensemble-drift.js';
import { DRIFT_BLOCK } from '../../src/targets/teacher-drift.js';
import { stored } from '../data-plane/stored.js';

const CLASS_COUNT = 3;
const ROW_COUNT = 10;

/** Sure of class (row + shift) mod 3. */
function logits(shift: number, strength = 5): Float32Array {
  return Float32Array.from({ length: ROW_COUNT * CLASS_COUNT }, (_, i) => {
    const [row, c] = [Math.floor(i / CLASS_COUNT), i % CLASS_COUNT];
    return (row + shift) % CLASS_COUNT === c ? strength : 0;
  });
}

function blocks(
  drift: EnsembleDrift,
  contributors: readonly number[],
  answers: readonly Float32Array[],
) {
  const rowCount = (answers[0]?.length ?? 0) / CLASS_COUNT;
  const look = () => drift.look(contributors, answers.map(stored), rowCount);
  return Array.from({ length: DRIFT_BLOCK }, look).flat();
}

it('names the teacher that contradicts the others, in ensemble order, and no other', () => {
  const drift = new EnsembleDrift([1, 1, 2], CLASS_COUNT);
  const same = logits(0);
  expect(blocks(drift, [0, 1, 2], [same, same, same])).toEqual([]);
  expect(blocks(drift, [0, 2], [same, same])).toEqual([]);
  // The second has no part in what the others are compared with, and comes back changed.
  expect(blocks(drift, [0, 1, 2], [same, logits(1), same])).toEqual([
    {
      teacher: 1,
      text: "agreement with the run's ensemble was 1.000 at the beginning and is 0.000",
    },
  ]);
});

it('names a teacher that becomes unsure; final answers, certain as they are, never are', () => {
  const drift = new EnsembleDrift([1, 1], CLASS_COUNT);
  const certain = logits(0).map((value) => (value > 0 ? 0 : Number.NEGATIVE_INFINITY));
  expect(blocks(drift, [0, 1], [logits(0), certain])).toEqual([]);
  const [found, ...others] = blocks(drift, [0, 1], [logits(0, 0.5), certain]);
  expect(others).toEqual([]);
  expect(found?.teacher).toBe(0);
  expect(found?.text).toMatch(/^mean entropy, as a share of ln C, was 0\.\d+ .* and is 0\.9\d+$/);
});
