/** Three teachers with plain logits; one of them changes. */
import { expect, it } from 'vitest';
import { EnsembleDrift } from '../../src/targets/ensemble-drift.js';
import { DRIFT_BLOCK } from '../../src/targets/teacher-drift.js';
import { stored } from '../data-plane/stored.js';

const CLASS_COUNT = 3;
const ROW_COUNT = 10;

/** Logits that are sure of class (row + shift) mod 3. */
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

it('EnsembleDrift names the teacher whose agreement with the ensemble falls', () => {
  const drift = new EnsembleDrift([1, 1, 2], CLASS_COUNT);
  const same = logits(0);
  expect(blocks(drift, [0, 1, 2], [same, same, same])).toEqual([]);
  expect(blocks(drift, [0, 2], [same, same])).toEqual([]);
  // The second teacher was away for a block, and comes back changed.
  expect(blocks(drift, [0, 1, 2], [same, logits(1), same])).toEqual([
    {
      teacher: 1,
      text: "agreement with the run's ensemble was 1.000 at the beginning and is 0.000",
    },
  ]);
});

it('EnsembleDrift names a teacher whose entropy rises, and no teacher with final answers', () => {
  const drift = new EnsembleDrift([1, 1], CLASS_COUNT);
  const certain = logits(0).map((value) => (value > 0 ? 0 : Number.NEGATIVE_INFINITY));
  expect(blocks(drift, [0, 1], [logits(0), certain])).toEqual([]);
  const [found, ...others] = blocks(drift, [0, 1], [logits(0, 0.5), certain]);
  expect(others).toEqual([]);
  expect(found?.teacher).toBe(0);
  expect(found?.text).toMatch(/^mean entropy, as a share of ln C, was 0\.\d+ .* and is 0\.9\d+$/);
});

it('EnsembleDrift leaves out rows from which a teacher abstains', () => {
  const drift = new EnsembleDrift([1, 1, 1], CLASS_COUNT);
  const silent = logits(0).fill(Number.NEGATIVE_INFINITY);
  const half = logits(0).fill(Number.NEGATIVE_INFINITY, 0, (ROW_COUNT / 2) * CLASS_COUNT);
  const same = logits(0);
  expect(blocks(drift, [0, 1, 2], [same, same, same])).toEqual([]);
  // The second teacher then answers less, and as before where it does.
  expect(blocks(drift, [0, 1, 2], [same, half, same])).toEqual([]);
  expect(blocks(drift, [0, 1, 2], [same, silent, same])).toEqual([]);
});
