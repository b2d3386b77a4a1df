/** What engines make of a model's logits. */
import { argmaxRows } from '@lyceum/learning/arrays';
import { type KnownClasses, withoutUnknown } from '@lyceum/learning/ensemble';
import {
  classOrder,
  inClassOrder,
  knownClassesOf,
  type ModelSettings,
} from '@lyceum/learning/models';
import { CLASS_OUTPUT, LyceumError } from '@lyceum/proto';
import type { AnswerRequest, AnswerTensor } from '../engine/index.js';
import { requireDistributions } from './probability-rows.js';

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

/**
 * What a teacher answers whose model gives nothing but a row of logits for each sample, in the set's order of classes.
 *
 * @param values - [rows, classCount], in the model's own order; of probabilities their logarithms.
 * @throws {LyceumError} INVALID_ARGUMENT if they are said to be probabilities and are none, or as {@link outputsOfLogits}.
 */
export function answersOfLogits(
  values: Float32Array<ArrayBuffer>,
  classCount: number,
  { settings, dataset, outputs }: AskedOfModel,
): AnswerTensor[] {
  if (settings.output === 'probabilities') {
    requireDistributions({ name: 'logits', width: classCount, values });
  }
  const order = classOrder(settings, dataset);
  const ordered = inClassOrder(values, classCount, order);
  const logits = { name: 'logits', width: order?.length ?? classCount, values: ordered };
  return outputsOfLogits(logits, outputs, knownClassesOf(settings, dataset));
}

interface AskedOfModel extends Pick<AnswerRequest, 'dataset' | 'outputs'> {
  readonly settings: ModelSettings;
}

/** The most probable of the known classes of each row, of equal ones the first. */
export function finalAnswers({ values, width }: AnswerTensor, known?: KnownClasses): AnswerTensor {
  const own = known === undefined ? values : Float32Array.from(values);
  withoutUnknown(own, width, known);
  const classes = argmaxRows(own, values.length / width, width);
  return { name: CLASS_OUTPUT, width: 1, values: Float32Array.from(classes) };
}
