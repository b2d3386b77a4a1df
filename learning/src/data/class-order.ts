/** From a model's classes to those of a set, of which it may know only some. */
import { LyceumError } from '@lyceum/proto';
import type { Dataset } from './dataset.js';
import type { ModelSettings } from './model-settings.js';

/** Missing classes that a message names. */
const SHOWN = 8;

/** A model that tells nothing apart is no teacher. */
const LEAST_KNOWN = 2;

type SetClasses = Pick<Dataset, 'classCount' | 'classNames'>;

/**
 * For each class of the set, which value of the model's output is its own, −1: none, the model does not know the class;
 * undefined: the same one.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if the model knows fewer than two classes of the set.
 */
export function classOrder(
  { classes }: ModelSettings,
  { classCount, classNames }: SetClasses,
): Int32Array | undefined {
  if (classes === undefined) return undefined;
  const places = new Map(classes.map((name, place) => [name, place]));
  const missing = classNames.filter((name) => !places.has(name));
  const knownCount = classNames.length - missing.length;
  if (knownCount < LEAST_KNOWN) {
    const shown = missing.slice(0, SHOWN).join(', ');
    const message = `its settings' classes have ${knownCount} of the data set's ${classCount}, and want ${LEAST_KNOWN} at least; they lack ${shown}${missing.length > SHOWN ? ', …' : ''}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return Int32Array.from(classNames, (name) => places.get(name) ?? -1);
}

/**
 * Those of the set's classes that the model knows, rising; undefined: all.
 *
 * @throws {LyceumError} as {@link classOrder} does.
 */
export function knownClassesOf(settings: ModelSettings, set: SetClasses): number[] | undefined {
  const order = classOrder(settings, set);
  if (order === undefined || !order.includes(-1)) return undefined;
  return [...order.keys()].filter((c) => order[c] !== -1);
}

/**
 * Rows of a model's classes as rows of the set's. A class that the model does not know gets the least of the row's others:
 * it means nothing, and costs no codec anything.
 */
export function inClassOrder(
  values: Float32Array<ArrayBuffer>,
  modelClassCount: number,
  order: Int32Array | undefined,
): Float32Array<ArrayBuffer> {
  if (order === undefined) return values;
  const rowCount = values.length / modelClassCount;
  const ordered = new Float32Array(rowCount * order.length);
  const hasUnknown = order.includes(-1);
  for (let row = 0; row < rowCount; row++) {
    let least = Number.POSITIVE_INFINITY;
    for (let c = 0; c < order.length; c++) {
      const place = order[c] as number;
      if (place < 0) continue;
      const value = values[row * modelClassCount + place] as number;
      ordered[row * order.length + c] = value;
      least = Math.min(least, value);
    }
    if (!hasUnknown) continue;
    for (let c = 0; c < order.length; c++) {
      if ((order[c] as number) < 0) ordered[row * order.length + c] = least;
    }
  }
  return ordered;
}
