/** Values that are not finite never leave the worker: one NaN would make every weight of the student NaN. */
import { LyceumError } from '@lyceum/proto';
import type { AnswerTensor } from '../engine/index.js';

/**
 * @param samples - the rows' samples in the set.
 * @throws {LyceumError} INVALID_ARGUMENT naming the first value that is not finite.
 */
export function requireFinite(
  { name, width, values }: AnswerTensor,
  samples?: Uint32Array | undefined,
): void {
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index < 0) return;
  const row = Math.floor(index / width);
  const place = samples === undefined ? `row ${row}` : `sample ${samples[row]} of the set`;
  throw new LyceumError(
    'INVALID_ARGUMENT',
    `${name} is ${values[index]} at ${place}, value ${index % width}; a teacher must give finite numbers`,
  );
}
