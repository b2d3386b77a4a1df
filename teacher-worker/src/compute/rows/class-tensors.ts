/** The tensors that engines make of a model's logits. */
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
 * The outputs of a teacher that has logits and nothing else.
 *
 * @param known - classes that the teacher knows; its final answers are among these.
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
 * The answer of a teacher whose model gives a row of logits for each sample, in the set's order of classes.
 *
 * @param values - [rows, classCount], in the model's own order; logarithms if the model gives probabilities.
 * @throws {LyceumError} INVALID_ARGUMENT if the settings say probabilities and the values are none, or as
 *   {@link outputsOfLogits}.
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

/** The most probable of the known classes of each row; the first one if several are equal. */
export function finalAnswers({ values, width }: AnswerTensor, known?: KnownClasses): AnswerTensor {
  const own = known === undefined ? values : Float32Array.from(values);
  withoutUnknown(own, width, known);
  const classes = argmaxRows(own, values.length / width, width);
  return { name: CLASS_OUTPUT, width: 1, values: Float32Array.from(classes) };
}
