/** From a model's classes to those of a set, of which it may know only some. */
import { LyceumError } from '@lyceum/proto';
import type { Dataset } from '../datasets/index.js';
import type { ModelSettings } from './model-settings.js';

/** Classes that a message names, of the model and of the set each. */
const SHOWN = 8;

/** The fewest classes of the set that a model must know: with one there is nothing to tell apart. */
const LEAST_KNOWN = 2;

type SetClasses = Pick<Dataset, 'classCount' | 'classNames'>;

/**
 * A model's classes by the set's names. Files hold numbers if the classes had no names. If the set has other names,
 * these numbers are taken for the numbers of its classes.
 */
export function namedAsInSet(
  classes: readonly string[],
  classNames: readonly string[],
): readonly string[] {
  const own = new Set(classNames);
  if (classes.some((name) => own.has(name))) return classes;
  const named = classes.map((name) => (/^\d+$/.test(name) ? classNames[Number(name)] : undefined));
  return named.every((name) => name !== undefined) ? named : classes;
}

/**
 * For each class of the set, the place of its value in the model's output; −1: the model does not know the class.
 * Undefined: all places are the same.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if the model knows fewer than two classes of the set, or one of its names is
 *   one of the set's but for its spelling.
 */
export function classOrder(
  { classes }: ModelSettings,
  { classCount, classNames }: SetClasses,
): Int32Array | undefined {
  if (classes === undefined) return undefined;
  const named = namedAsInSet(classes, classNames);
  const places = new Map(named.map((name, place) => [name, place]));
  const missing = classNames.filter((name) => !places.has(name));
  const known = new Set(classNames);
  const unknown = missing.length === 0 ? [] : named.filter((name) => !known.has(name));
  const knownCount = classNames.length - missing.length;
  if (knownCount < LEAST_KNOWN) {
    const others = unknown.length === 0 ? '' : `, and the data set lacks ${shown(unknown)}`;
    const message = `its classes have ${knownCount} of the data set's ${classCount}, and want ${LEAST_KNOWN} at least; they lack ${shown(missing)}${others}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const alike = misspelt(unknown, missing);
  if (alike.length > 0) {
    const message = `its classes have ${shown(alike)}; name the classes in its settings as the data set does`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return Int32Array.from(classNames, (name) => places.get(name) ?? -1);
}

/**
 * Settings for a model that is asked about a set. Classes that are the set's own, in its order, are left out: the
 * meaning is the same, and a run's record need not hold thousands of names.
 *
 * @throws {LyceumError} as {@link classOrder} does.
 */
export function settingsOnSet(settings: ModelSettings, set: SetClasses): ModelSettings {
  const order = classOrder(settings, set);
  const { classes, ...others } = settings;
  const isSame = classes?.length === order?.length && order?.every((place, c) => place === c);
  return isSame === true ? others : settings;
}

/** Names of the model that are the set's but for their spelling, as `Bird for bird`. */
function misspelt(unknown: readonly string[], missing: readonly string[]): string[] {
  const meant = new Map(missing.map((name) => [spelling(name), name]));
  return unknown.flatMap((name) => {
    const own = meant.get(spelling(name));
    return own === undefined ? [] : [`${name} for ${own}`];
  });
}

/** A name without case and without the characters between words; a number by its value. */
function spelling(name: string): string {
  const plain = name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .trim();
  return plain !== '' && Number.isFinite(Number(plain)) ? String(Number(plain)) : plain;
}

function shown(names: readonly string[]): string {
  return `${names.slice(0, SHOWN).join(', ')}${names.length > SHOWN ? ', …' : ''}`;
}

/**
 * The classes of the set that the model knows, rising; undefined: all.
 *
 * @throws {LyceumError} as {@link classOrder} does.
 */
export function knownClassesOf(settings: ModelSettings, set: SetClasses): number[] | undefined {
  const order = classOrder(settings, set);
  if (order === undefined || !order.includes(-1)) return undefined;
  return [...order.keys()].filter((c) => order[c] !== -1);
}

/**
 * Rows in the model's classes, as rows in the set's. A class that the model does not know gets the least value of the
 * row's other classes: the value means nothing, and costs no codec anything.
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
