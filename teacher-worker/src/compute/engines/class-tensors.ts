/** What engines make of a model's logits. */
import { argmaxRows } from '@lyceum/learning/ensemble';
import { CLASS_OUTPUT, LyceumError } from '@lyceum/proto';
import type { AnswerTensor } from './teacher-engine.js';

/**
 * The outputs of a teacher that has no more than logits.
 *
 * @throws {LyceumError} INVALID_ARGUMENT for an output that it does not have.
 */
export function outputsOfLogits(logits: AnswerTensor, outputs: readonly string[]): AnswerTensor[] {
  return outputs.map((name) => {
    if (name === logits.name) return logits;
    if (name === CLASS_OUTPUT) return finalAnswers(logits);
    const message = `this teacher gives logits and ${CLASS_OUTPUT}, not ${name}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  });
}

/** The most probable class of each row, of equal ones the first. */
export function finalAnswers({ values, width }: AnswerTensor): AnswerTensor {
  const classes = argmaxRows(values, values.length / width, width);
  return { name: CLASS_OUTPUT, width: 1, values: Float32Array.from(classes) };
}
