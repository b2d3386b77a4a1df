/** What TensorFlow's graphs have in common, in TensorFlow.js's JSON and in a SavedModel. */
import type { GraphFormat } from './graph-classifier.js';
import type { ElementType } from './graph-outline.js';

export const TENSORFLOW_JS: GraphFormat = {
  inputTypes: ['float32', 'uint8', 'int32', 'int64'],
  outputTypes: ['float32'],
  logitOperations: ['MatMul', 'BiasAdd', 'Add', 'AddV2', 'LogSoftmax'],
  rowByRow: [],
  outputAdvice: () => undefined,
};

export const SAVED_MODEL: GraphFormat = {
  ...TENSORFLOW_JS,
  inputTypes: ['float32', 'float16', 'float64', 'uint8', 'int32', 'int64'],
  outputTypes: ['float32', 'float16', 'float64'],
};

/** Types by `DataType`'s numbers; those that are not here are `other`. */
export const TENSORFLOW_TYPES: ReadonlyMap<number, readonly [string, ElementType, number]> =
  new Map([
    [1, ['DT_FLOAT', 'float32', 4]],
    [2, ['DT_DOUBLE', 'float64', 8]],
    [3, ['DT_INT32', 'int32', 4]],
    [4, ['DT_UINT8', 'uint8', 1]],
    [6, ['DT_INT8', 'int8', 1]],
    [7, ['DT_STRING', 'string', 0]],
    [9, ['DT_INT64', 'int64', 8]],
    [10, ['DT_BOOL', 'bool', 1]],
    [14, ['DT_BFLOAT16', 'bfloat16', 2]],
    [19, ['DT_HALF', 'float16', 2]],
  ]);

/** The names of operations whose output is their input. */
export const PASSING_OPERATIONS: ReadonlySet<string> = new Set([
  'Identity',
  'IdentityN',
  'StopGradient',
  'PreventGradient',
]);

/** `name:2`, `^name`, `name:output:2`: the operation's name. */
export function nodeNameOf(reference: string): string {
  return reference.replace(/^\^/, '').split(':')[0] ?? '';
}
