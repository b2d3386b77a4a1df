/**
 * The split of a data set that comes without one: stratified, and fixed for ever.
 *
 * Within each class (unlabelled samples count as one) the samples are ordered by the hexadecimal SHA-256 of
 * `NAME|LABEL|INDEX`, NAME being the set's name and INDEX the sample's place among those of its class, from 0.
 * The first round(share · n) of that order are the test split, the next ones validation, the rest train. Anyone
 * can recompute it; nothing but the order of the source goes in.
 */
import { LyceumError, sha256Hex } from '@lyceum/proto';
import { SPLIT_NUMBERS } from './dataset.js';

export interface SplitShares {
  readonly test: number;
  readonly validation: number;
}

/** For a set without any given split: 20 % test, 10 % validation, 70 % train. */
export const DEFAULT_SHARES: SplitShares = { test: 0.2, validation: 0.1 };

/** For a set whose test split is given: the same share of validation to train as a set without one gets. */
export const TEST_GIVEN_SHARES: SplitShares = { test: 0, validation: 0.125 };

/** Samples of one draw: each takes 90 bytes and some microseconds. ImageNet-21k has 14,197,122. */
export const DRAWN_MAX_SAMPLES = 20_000_000;

/**
 * @returns [N] split numbers.
 * @throws {LyceumError} INVALID_ARGUMENT if there are more than {@link DRAWN_MAX_SAMPLES}.
 */
export function fixedSplits(
  name: string,
  labels: Int32Array,
  shares: SplitShares = DEFAULT_SHARES,
): Uint8Array {
  if (labels.length > DRAWN_MAX_SAMPLES) {
    const message = `the set has ${labels.length} samples to draw splits of; at most ${DRAWN_MAX_SAMPLES} are taken: name train, validation and test in it`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const classes = new Map<number, number[]>();
  for (const [sample, label] of labels.entries()) {
    const members = classes.get(label);
    if (members === undefined) classes.set(label, [sample]);
    else members.push(sample);
  }
  const splits = new Uint8Array(labels.length).fill(SPLIT_NUMBERS.train);
  for (const [label, samples] of classes) {
    const order = drawnOrder(`${name}|${label}|`, samples.length);
    const testEnd = Math.round(shares.test * order.length);
    const validationEnd = testEnd + Math.round(shares.validation * order.length);
    for (const index of order.subarray(0, testEnd)) {
      splits[samples[index] as number] = SPLIT_NUMBERS.test;
    }
    for (const index of order.subarray(testEnd, validationEnd)) {
      splits[samples[index] as number] = SPLIT_NUMBERS.validation;
    }
  }
  return splits;
}

/** Hexadecimal digits of a key that a float64 holds. */
const PREFIX_DIGITS = 12;

/**
 * Indices below `count`, ordered by their keys. 48 bits of each key are kept; keys that agree in these are computed
 * again.
 */
function drawnOrder(prefix: string, count: number): Uint32Array {
  const key = (index: number) => sha256Hex(`${prefix}${index}`);
  const keys = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    keys[index] = Number.parseInt(key(index).slice(0, PREFIX_DIGITS), 16);
  }
  const order = Uint32Array.from(keys, (_, index) => index);
  return order.sort(
    (a, b) => (keys[a] as number) - (keys[b] as number) || (key(a) < key(b) ? -1 : 1),
  );
}
