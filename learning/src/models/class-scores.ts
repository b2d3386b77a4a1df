/**
 * How a classifier's output tells the classes. Most give a number for each class; one with a sigmoid at its end gives a
 * single number for a sample, which is about the second of two classes. Pure.
 */
import { logProbability } from '../arrays/index.js';
import type { ModelSettings } from './model-settings.js';

/** Said of an output of one number that does not tell whether a sigmoid made it. */
export const ONE_NUMBER =
  'gives one number a sample; put {"output": "probabilities"} in the settings if it is how likely the second of two classes is, or {"output": "logits"} if its sigmoid is';

/** The number of classes, C. @param width - numbers that the output has for a sample. */
export function classCountOf(width: number): number {
  return width === 1 ? 2 : width;
}

/**
 * @param values - [samples, width], as the model gave them.
 * @returns [samples, C] logits: logarithms of probabilities; 0 and z for a single z; the logarithms of 1 − p and p for
 * a single p.
 */
export function logitsOf(
  values: Float32Array<ArrayBuffer>,
  width: number,
  output: ModelSettings['output'],
): Float32Array<ArrayBuffer> {
  const scores = width === 1 ? bothClasses(values, output) : values;
  return output === 'probabilities' ? scores.map(logProbability) : scores;
}

function bothClasses(
  values: Float32Array,
  output: ModelSettings['output'],
): Float32Array<ArrayBuffer> {
  const both = new Float32Array(2 * values.length);
  for (const [sample, value] of values.entries()) {
    both[2 * sample] = output === 'probabilities' ? 1 - value : 0;
    both[2 * sample + 1] = value;
  }
  return both;
}
