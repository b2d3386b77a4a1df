/**
 * Problems that keep a model behind a server from teaching, found in its metadata and its answers to fixed inputs.
 * Pure.
 */
import { cut, type Problem } from '@lyceum/proto';
import { type ModelSettings, ONE_NUMBER } from '../models/index.js';
import type { ModelMetadata } from './asked-model.js';
import { areDistributions } from './canaries.js';

/** Limits of versions, inputs and outputs each, and of letters of a name: they are stored, and shown in messages. */
const LIST_MAX_COUNT = 1024;
const NAME_MAX_LETTERS = 256;

/** The sum of a row of percentages in whole numbers, which may be off by their rounding. */
const PERCENT = 100;
const PERCENT_TOLERANCE = 2;

/** Problems of metadata that is longer than what is kept. */
export function boundsProblems({ platform, versions, inputs, outputs }: ModelMetadata): Problem[] {
  const lists = { versions, inputs, outputs };
  const long = [platform, ...versions, ...[...inputs, ...outputs].map(({ name }) => name)].find(
    (name) => name.length > NAME_MAX_LETTERS,
  );
  return [
    ...Object.entries(lists).flatMap(([path, list]) =>
      list.length > LIST_MAX_COUNT
        ? [{ path, message: `the server lists ${list.length}; at most ${LIST_MAX_COUNT} are read` }]
        : [],
    ),
    ...(long === undefined
      ? []
      : [
          {
            path: '',
            message: `the server lists a name of ${long.length} letters, ${cut(long, 20)}; at most ${NAME_MAX_LETTERS} are read`,
          },
        ]),
  ];
}

/**
 * @param answers - [rows, classCount], to inputs that are uniform in [0, scale).
 * @param given - settings by the user.
 */
export function answerProblems(
  answers: readonly number[],
  classCount: number,
  output: string,
  given: Partial<ModelSettings>,
): Problem[] {
  const place = answers.findIndex((value) => !Number.isFinite(value));
  if (place >= 0) {
    const message = `answers ${answers[place]} as value ${place % classCount} of a row, to inputs from 0 to ${given.scale ?? 1}; want finite numbers. If its inputs lie elsewhere, settings say so (scale)`;
    return [{ path: output, message }];
  }
  if (given.output !== undefined) return [];
  if (classCount === 1) {
    const message = areClassNumbers(answers) ? CLASS_NUMBERS : ONE_NUMBER;
    return [{ path: output, message }];
  }
  const what = noScoresText(answers, classCount);
  if (what === undefined) return [];
  return [{ path: 'settings.output', message: `${what}. ${WANT_SCORES}` }];
}

/** Why the answers are neither probabilities nor logits; undefined: they may be. */
function noScoresText(answers: readonly number[], classCount: number): string | undefined {
  if (arePercentages(answers, classCount)) {
    return 'its rows are from 0 to 100 and sum to 100: these are percentages';
  }
  if (areSharesOfNoWhole(answers, classCount)) {
    return 'its numbers are from 0 to 1 and its rows do not sum to 1: a sigmoid for each class, or rounded probabilities';
  }
  return undefined;
}

const WANT_SCORES =
  'Want a model that gives probabilities or logits; output: logits takes the numbers as they are';

const CLASS_NUMBERS =
  'gives one whole number a sample, as of its class; want an output with a number for each class, in scikit-learn predict_proba and not predict';

/** Whether they are whole, and some neither 0 nor 1, as no probabilities are. */
function areClassNumbers(values: readonly number[]): boolean {
  return values.every(Number.isInteger) && values.some((value) => value !== 0 && value !== 1);
}

/** Whether they look like probabilities and are none, not all the same. Logits would hardly all lie so close together. */
function areSharesOfNoWhole(values: readonly number[], width: number): boolean {
  const areShares = values.every((value) => value >= 0 && value <= 1);
  return (
    areShares && values.some((value) => value !== values[0]) && !areDistributions(values, width)
  );
}

function arePercentages(values: readonly number[], width: number): boolean {
  for (let from = 0; from < values.length; from += width) {
    const row = values.slice(from, from + width);
    const sum = row.reduce((all, value) => all + value, 0);
    if (row.some((value) => value < 0) || Math.abs(sum - PERCENT) > PERCENT_TOLERANCE) return false;
  }
  return true;
}
