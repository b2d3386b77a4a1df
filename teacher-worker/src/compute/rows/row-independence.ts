/** A row's answer must not depend on which rows are beside it: a run that asks again may have others there. */
import type { Dataset } from '@lyceum/learning/datasets';
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import { LyceumError } from '@lyceum/proto';
import type { TeacherEngine } from '../engine/index.js';

/**
 * Asks for some samples, and for the first half of them alone.
 *
 * @param movesBy - as the engine says, unless where it was put moves it more.
 * @throws {LyceumError} INVALID_ARGUMENT if the answers have other bits, or are further apart than the engine says they may be.
 */
export async function requireRowIndependence(
  teacher: TeacherEngine,
  dataset: Dataset,
  samples: Uint32Array,
  movesBy = teacher.movesBy ?? 0,
): Promise<void> {
  const ask = (some: Uint32Array) =>
    teacher.answer({ dataset, samples: some, view: IDENTITY_VIEW, outputs: ['logits'] });
  const [all] = await ask(samples);
  const [half] = await ask(samples.subarray(0, Math.ceil(samples.length / 2)));
  const isSame = sameness(movesBy, all?.values ?? new Float32Array());
  const other = half?.values.findIndex((value, i) => !isSame(value, all?.values[i] ?? 0)) ?? -1;
  if (half === undefined || other < 0) return;
  const row = Math.floor(other / half.width);
  throw new LyceumError(
    'INVALID_ARGUMENT',
    `what it says of a sample depends on the other samples of the batch: row ${row} is ${half.values[other]}, and ${all?.values[other]} among others; export it for inference, with a fixed batch of 1 if need be`,
  );
}

function sameness(movesBy: number, values: Float32Array): (a: number, b: number) => boolean {
  if (movesBy === 0) return Object.is;
  const greatest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return (a, b) => Math.abs(a - b) <= movesBy * greatest;
}
