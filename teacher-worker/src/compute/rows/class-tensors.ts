/** What engines make of a model's logits. */
import { argmaxRows } from '@lyceum/learning/arrays';
import { type KnownClasses, withoutUnknown } from '@lyceum/learning/ensemble';
import { CLASS_OUTPUT, LyceumError } from '@lyceum/proto';
import type { AnswerTensor } from '../engine/index.js';

/**
 * The outputs of a teacher that has no more than logits.
 *
 * @param known - classes that it knows; its final answers are of these.
 * @throws {LyceumError} INVALID_ARGUMENT for an output that it does not have.
 */
export function outputsOfLogits(
  logits: AnswerTensor,
  outputs: readonly string[],
  known?: KnownClasses,
): AnswerTensor[] {
  return outputs.map((name) => {
    if (name === logits.name) return logits;
    if (name === CLASS_OUTPUT) return finalAnswers(logits, known);
    const message = `this teacher gives logits and ${CLASS_OUTPUT}, not ${name}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  });
}

/** The most probable of the known classes of each row, of equal ones the first. */
export function finalAnswers({ values, width }: AnswerTensor, known?: KnownClasses): AnswerTensor {
  const own = known === undefined ? values : Float32Array.from(values);
  withoutUnknown(own, width, known);
  const classes = argmaxRows(own, values.length / width, width);
  return { name: CLASS_OUTPUT, width: 1, values: Float32Array.from(classes) };
}
