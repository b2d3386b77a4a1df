/** Two assignments take a run's steps; the digest is recomputed here from the bytes. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { StepLedger } from '../../../src/compute/training/step-ledger.js';

const targets = (step: number) =>
  new Map([
    ['b', Float32Array.of(step, 2)],
    // A part of a longer buffer, as the inbox gives it.
    ['a', Float32Array.of(0, step, 1).subarray(1)],
  ]);

function digest(...steps: number[]): string {
  const hash = createHash('sha256');
  for (const step of steps) hash.update(Buffer.from(Float32Array.of(step, 1, step, 2).buffer));
  return hash.digest('hex');
}

it('StepLedger has a segment per assignment, with a digest of the targets in order of their names', () => {
  const first = new StepLedger([], 1, 0);
  expect(first.segments()).toEqual([]);
  for (const step of [0, 1, 2]) first.add(targets(step));
  const checkpointed = first.segments();
  const segment = { assignmentEpoch: 1, firstStep: 0, endStep: 3, targetsDigest: digest(0, 1, 2) };
  expect(checkpointed).toEqual([segment]);
  // This step was lost with its worker: it is in no checkpoint.
  first.add(targets(3));
  const second = new StepLedger(checkpointed, 2, 3);
  second.add(targets(3));
  second.add(targets(4));
  expect(second.segments()).toEqual([
    segment,
    { assignmentEpoch: 2, firstStep: 3, endStep: 5, targetsDigest: digest(3, 4) },
  ]);
});
