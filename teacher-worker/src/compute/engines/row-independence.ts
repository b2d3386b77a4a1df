/** A row's answer must not depend on which rows are beside it: a run that asks again may have others there. */
import { type Dataset, IDENTITY_VIEW } from '@lyceum/learning/data';
import { LyceumError } from '@lyceum/proto';
import type { TeacherEngine } from './teacher-engine.js';

/**
 * Asks for some samples, and for the first half of them alone.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if the answers have other bits.
 */
export async function requireRowIndependence(
  teacher: TeacherEngine,
  dataset: Dataset,
  samples: Uint32Array,
): Promise<void> {
  const ask = (some: Uint32Array) =>
    teacher.answer({ dataset, samples: some, view: IDENTITY_VIEW, outputs: ['logits'] });
  const [all] = await ask(samples);
  const [half] = await ask(samples.subarray(0, Math.ceil(samples.length / 2)));
  const other = half?.values.findIndex((value, i) => !Object.is(value, all?.values[i])) ?? -1;
  if (half === undefined || other < 0) return;
  const row = Math.floor(other / half.width);
  throw new LyceumError(
    'INVALID_ARGUMENT',
    `what it says of a sample depends on the other samples of the batch: row ${row} is ${half.values[other]}, and ${all?.values[other]} among others; export it for inference, with a fixed batch of 1 if need be`,
  );
}
