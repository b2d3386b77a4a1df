/**
 * What a classifier's output says of the classes. Most give a number for each of them; one with a sigmoid at its end gives a
 * single number a sample, for the second of two classes. Pure.
 */
import { logProbability } from '../arrays/index.js';
import type { ModelSettings } from './model-settings.js';

/** Of an output that nothing tells whether a sigmoid has made it. */
export const ONE_NUMBER =
  'gives one number a sample; put {"output": "probabilities"} in the settings if it is how likely the second of two classes is, or {"output": "logits"} if its sigmoid is';

/** C. @param width - numbers that the output has for a sample. */
export function classCountOf(width: number): number {
  return width === 1 ? 2 : width;
}

/**
 * @param values - [samples, width], as the model gave them.
 * @returns [samples, C] logits: of probabilities their logarithms, of a single z 0 and z, of a single p those of 1 − p and p.
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
