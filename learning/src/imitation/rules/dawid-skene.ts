import { z } from 'zod';
import { number, section } from '../../documents/index.js';
import type { ImitationRule } from './imitation-rule.js';
import { isAtLeast } from './is-at-least.js';

/** Votes of fewer teachers do not tell whose errors are whose. */
export const DAWID_SKENE_TEACHERS = 3;

const settings = section({
  rule: z
    .literal('dawid-skene')
    .describe(
      'The answers together are sure enough of the class behind them, by how often each teacher errs.',
    ),
  atLeast: number('a number from 0 to 1', { atLeast: 0, atMost: 1 })
    .default(0.9)
    .describe('The least probability that the class behind the answers must have.'),
});

/** Keeps inputs whose answers together make the class behind them probable enough. Dawid & Skene 1979. */
export const dawidSkeneRule: ImitationRule<typeof settings> = {
  name: 'dawid-skene',
  settings,
  problems: (_, { teacherCount }) =>
    teacherCount < DAWID_SKENE_TEACHERS
      ? [{ path: '', message: tooFewTeachers(teacherCount) }]
      : [],
  judge: ({ atLeast }, inputs) =>
    inputs.map(({ probability = 0 }) =>
      isAtLeast(probability, atLeast) ? undefined : `${probability.toFixed(3)}, want ${atLeast}`,
    ),
};

export function tooFewTeachers(count: number): string {
  return `dawid-skene wants ${DAWID_SKENE_TEACHERS} teachers at least, and spec.teachers are ${count}`;
}
