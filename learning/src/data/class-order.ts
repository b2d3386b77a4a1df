/** From a model's classes to those of a set. */
import { LyceumError } from '@lyceum/proto';
import type { Dataset } from './dataset.js';
import type { ModelSettings } from './model-settings.js';

/** Missing classes that a message names. */
const SHOWN = 8;

/**
 * For each class of the set, which value of the model's output is its own; undefined: the same one.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if the model does not know all classes of the set.
 */
export function classOrder(
  { classes }: ModelSettings,
  { classCount, classNames }: Pick<Dataset, 'classCount' | 'classNames'>,
): Uint32Array | undefined {
  if (classes === undefined) return undefined;
  const places = new Map(classes.map((name, place) => [name, place]));
  const missing = classNames.filter((name) => !places.has(name));
  if (missing.length > 0) {
    const shown = missing.slice(0, SHOWN).join(', ');
    const message = `its settings' classes lack ${missing.length} of the data set's ${classCount}: ${shown}${missing.length > SHOWN ? ', …' : ''}; a teacher must know every class of the set`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return Uint32Array.from(classNames, (name) => places.get(name) as number);
}

/** Rows of a model's classes as rows of the set's. */
export function inClassOrder(
  values: Float32Array<ArrayBuffer>,
  modelClassCount: number,
  order: Uint32Array | undefined,
): Float32Array<ArrayBuffer> {
  if (order === undefined) return values;
  const rowCount = values.length / modelClassCount;
  const ordered = new Float32Array(rowCount * order.length);
  for (let row = 0; row < rowCount; row++) {
    for (let c = 0; c < order.length; c++) {
      const from = row * modelClassCount + (order[c] as number);
      ordered[row * order.length + c] = values[from] as number;
    }
  }
  return ordered;
}
