/**
 * In which order a run visits the rows of a split, as a pure function: no shuffle is ever stored.
 *
 * A step plan cuts every epoch's order into batches; the last batch of an epoch may be shorter, none is
 * dropped. The order itself is a keyed permutation of [0, N): a Feistel network over the next power of four,
 * walked until it lands below N (Black & Rogaway 2002, "Ciphers with arbitrary finite domains", §4;
 * https://web.cs.ucdavis.edu/~rogaway/papers/subset.pdf). Fixed for ever: a stored run's checkpoint counts on it.
 *
 * Symbols: N `sampleCount`, B `batchSize`, *position* p in the order, *row* r of the split.
 */
import { LyceumError } from '@lyceum/proto';
import { mix32, mixedInt32 } from '../arrays/index.js';

export interface StepPlan {
  readonly sampleCount: number;
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  readonly stepCount: number;
}

/** Positions [firstPosition, firstPosition + positionCount) of one epoch's order. */
export interface Span {
  readonly epoch: number;
  readonly firstPosition: number;
  readonly positionCount: number;
}

export interface SampleOrder {
  readonly seed: number;
  readonly epoch: number;
  /** Of a set in shards: positions of a block, inside which rows are mixed. Absent: full order, any row anywhere. */
  readonly blockPositions?: number | undefined;
}

/** The order of all epochs. */
export type OrderKey = Omit<SampleOrder, 'epoch'>;

/**
 * Symbols above; stepsPerEpoch = ⌈N / B⌉.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if a number is not whole and positive, or not exactly one of
 * `epochs` and `steps` is given; FAILED_PRECONDITION if there is no sample to visit.
 */
export function stepPlan(a: {
  readonly sampleCount: number;
  readonly batchSize: number;
  readonly epochs?: number | undefined;
  readonly steps?: number | undefined;
}): StepPlan {
  if (a.sampleCount === 0) {
    throw new LyceumError('FAILED_PRECONDITION', 'there is no sample to train on');
  }
  if ((a.epochs === undefined) === (a.steps === undefined)) {
    throw new LyceumError('INVALID_ARGUMENT', 'a step plan needs either epochs or steps');
  }
  for (const name of ['sampleCount', 'batchSize', 'epochs', 'steps'] as const) {
    const value = a[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      throw new LyceumError('INVALID_ARGUMENT', `${name} must be a whole number > 0, got ${value}`);
    }
  }
  const stepsPerEpoch = Math.ceil(a.sampleCount / a.batchSize);
  const stepCount = a.steps ?? (a.epochs as number) * stepsPerEpoch;
  return { sampleCount: a.sampleCount, batchSize: a.batchSize, stepsPerEpoch, stepCount };
}

/** The positions that step `step` (from 0) trains on. */
export function batchSpan(plan: StepPlan, step: number): Span {
  const epoch = Math.floor(step / plan.stepsPerEpoch);
  const firstPosition = (step - epoch * plan.stepsPerEpoch) * plan.batchSize;
  const positionCount = Math.min(plan.batchSize, plan.sampleCount - firstPosition);
  return { epoch, firstPosition, positionCount };
}

/** Eight rounds: four would do with a good round function, and a round costs only some nanoseconds. */
const ROUNDS = 8;
/** Narrower halves give the round function too few bits to mix. Small sets take more passes instead. */
const MIN_HALF_BITS = 4;
/** Rows are unsigned 32-bit numbers. */
const MAX_ROWS = 2 ** 32;

/**
 * The rows at positions [firstPosition, firstPosition + positionCount) of an order of `count` rows.
 * Costs O(positionCount), plus at most 256 steps in a small set.
 *
 * @param order - `undefined`: rows as the split has them.
 * @throws {LyceumError} INVALID_ARGUMENT if the positions are not all in [0, count).
 */
export function orderedRows(
  count: number,
  order: { readonly seed: number; readonly epoch: number } | undefined,
  firstPosition: number,
  positionCount: number,
): Uint32Array {
  checkPositions(count, firstPosition, positionCount);
  const rows = new Uint32Array(positionCount);
  if (order === undefined) {
    for (let i = 0; i < positionCount; i++) rows[i] = firstPosition + i;
    return rows;
  }
  const permuted = keyedPermutation(count, order.seed, order.epoch);
  for (let i = 0; i < positionCount; i++) rows[i] = permuted(firstPosition + i);
  return rows;
}

/** @throws {LyceumError} INVALID_ARGUMENT if not all of the positions are in [0, count). */
export function checkPositions(count: number, firstPosition: number, positionCount: number): void {
  const end = firstPosition + positionCount;
  const whole = Number.isInteger(firstPosition) && Number.isInteger(positionCount);
  if (!whole || firstPosition < 0 || positionCount < 0 || end > count || count > MAX_ROWS) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `positions [${firstPosition}, ${end}) are not in an order of ${count} rows`,
    );
  }
}

/** A permutation of [0, count) by key: the same on every machine. Symbols above. */
export function keyedPermutation(
  count: number,
  seed: number,
  epoch: number,
): (value: number) => number {
  let halfBits = MIN_HALF_BITS;
  while (4 ** halfBits < count) halfBits++;
  const keys = roundKeys(seed, epoch);
  return (value) => {
    let permuted = value;
    do permuted = encipher(permuted, halfBits, keys);
    while (permuted >= count);
    return permuted;
  };
}

function roundKeys(seed: number, epoch: number): Int32Array {
  const base = mix32(mix32(seed ^ 0x9e3779b9) ^ mix32(epoch + 0x85ebca6b));
  return Int32Array.from({ length: ROUNDS }, (_, i) => mixedInt32(base + Math.imul(i, 0x9e3779b9)));
}

/**
 * One pass of the Feistel network: a bijection of [0, 4^halfBits) whatever the round function is. It runs for every
 * sample of every epoch, in each process.
 */
function encipher(value: number, halfBits: number, keys: Int32Array): number {
  const mask = (1 << halfBits) - 1;
  let left = value >>> halfBits;
  let right = value & mask;
  for (let i = 0; i < ROUNDS; i++) {
    const next = left ^ (mixedInt32(right ^ (keys[i] as number)) & mask);
    left = right;
    right = next;
  }
  return ((left << halfBits) | right) >>> 0;
}
