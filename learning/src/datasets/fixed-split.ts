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

/** Where nothing is known of a set: 20 % test, 10 % validation, 70 % train. */
export const DEFAULT_SHARES: SplitShares = { test: 0.2, validation: 0.1 };

/** For the rest of a set whose test split is given: validation as large as it would be in a whole. */
export const TEST_GIVEN_SHARES: SplitShares = { test: 0, validation: 0.125 };

/** Samples of one draw, which takes 150 bytes and some microseconds of each. MNIST8m has 8,100,000. */
export const DRAWN_MAX_SAMPLES = 10_000_000;

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
    const message = `has ${labels.length} samples to draw splits of; at most ${DRAWN_MAX_SAMPLES} are taken`;
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
    const keyed = samples.map((sample, index) => ({
      sample,
      key: sha256Hex(`${name}|${label}|${index}`),
    }));
    keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
    const testEnd = Math.round(shares.test * keyed.length);
    const validationEnd = testEnd + Math.round(shares.validation * keyed.length);
    for (const { sample } of keyed.slice(0, testEnd)) splits[sample] = SPLIT_NUMBERS.test;
    for (const { sample } of keyed.slice(testEnd, validationEnd)) {
      splits[sample] = SPLIT_NUMBERS.validation;
    }
  }
  return splits;
}
