/** Outputs that are not finite never leave the worker: one NaN would spoil every weight of the student. */
import { LyceumError } from '@lyceum/proto';
import type { AnswerTensor } from '../engine/index.js';

/** @throws {LyceumError} INVALID_ARGUMENT naming the first value that is not finite. */
export function requireFinite({ name, width, values }: AnswerTensor): void {
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index < 0) return;
  throw new LyceumError(
    'INVALID_ARGUMENT',
    `${name} is ${values[index]} at row ${Math.floor(index / width)}, value ${index % width}`,
  );
}
