/** Splits of a set that was read as a stream: those that its source gives, the rest by the fixed draw. */
import { LyceumError } from '@lyceum/proto';
import {
  DEFAULT_SHARES,
  fixedSplits,
  SPLIT_NUMBERS,
  type SplitShares,
  TEST_GIVEN_SHARES,
} from '../../datasets/index.js';
import type { SplitChoice } from './import-options.js';

/**
 * If the source has no test or validation split, it is taken from the source's train split.
 *
 * @param kind - kind of the source. Splits are drawn under the name KIND, or KIND/SEED if a seed is given
 *   (fixed-split.ts).
 * @param labels - [N], −1: unlabelled.
 * @param given - [N] split numbers that the source gives; 0: none.
 * @returns [N] split numbers, and where they are from, in words for people.
 * @throws {LyceumError} INVALID_ARGUMENT if only some samples have a split, or none is for training.
 */
export function chosenSplits(
  kind: string,
  choice: SplitChoice | undefined,
  labels: Int32Array,
  given: Int32Array,
): { readonly splits: Uint8Array; readonly source: string } {
  if (choice?.by === 'shares') {
    const name = choice.seed === undefined ? kind : `${kind}/${choice.seed}`;
    return {
      splits: fixedSplits(name, labels, choice.shares),
      source: drawText(name, choice.shares),
    };
  }
  const missing = given.indexOf(0);
  if (missing >= 0 && given.every((split) => split === 0)) {
    if (choice === undefined) {
      return { splits: fixedSplits(kind, labels), source: drawText(kind, DEFAULT_SHARES) };
    }
    throw refusal(
      'the source names no splits; want folders or files named train, validation, test',
    );
  }
  if (missing >= 0) throw refusal(`sample ${missing} is in no split, and others are`);
  const from = choice?.by === 'column' ? `column ${choice.column}` : 'names';
  return drawMissing(kind, labels, Uint8Array.from(given), from);
}

function drawMissing(kind: string, labels: Int32Array, splits: Uint8Array, from: string) {
  const hasTest = splits.includes(SPLIT_NUMBERS.test);
  const hasValidation = splits.includes(SPLIT_NUMBERS.validation);
  if (hasTest && hasValidation) return { splits, source: from };
  const train: number[] = [];
  for (const [index, split] of splits.entries())
    if (split === SPLIT_NUMBERS.train) train.push(index);
  const usual = hasTest ? TEST_GIVEN_SHARES : DEFAULT_SHARES;
  const shares: SplitShares = hasValidation ? { test: usual.test, validation: 0 } : usual;
  const trainLabels = Int32Array.from(train, (index) => labels[index] as number);
  for (const [row, split] of fixedSplits(kind, trainLabels, shares).entries()) {
    splits[train[row] as number] = split;
  }
  return { splits, source: `${from}, then of train ${drawText(kind, shares)}` };
}

/** The draw as a text: equal texts mean equal splits. */
function drawText(name: string, { test, validation }: SplitShares): string {
  const parts = [test > 0 ? `test ${test}` : '', validation > 0 ? `validation ${validation}` : ''];
  const shares = parts.filter((part) => part !== '').join(', ') || 'train only';
  return `a draw with seed "${name}": ${shares}`;
}

function refusal(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
