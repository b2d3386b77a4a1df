/** A rate that changes by a factor at given steps. */
import { list, number, section, wholeNumber } from '../documents/index.js';
import type { Schedule } from './schedule.js';
import { warmUp, warmupSteps } from './warm-up.js';

const positive = number('a number greater than 0', { above: 0 });
const count = wholeNumber('a whole number greater than 0', { above: 0 });

const settings = section({
  step: section({
    initial: positive.describe('Rate before the first of atSteps.'),
    factor: positive.default(0.1).describe('What the rate is multiplied by at each of atSteps.'),
    atSteps: list(count, 'a list of steps', { atLeast: 1 }).describe(
      'Steps, rising, from which on the rate is multiplied by factor once more.',
    ),
    warmupSteps,
  }).describe('A rate that changes by a factor at given steps.'),
});

export const step: Schedule<typeof settings> = {
  name: 'step',
  settings,
  problem({ atSteps }) {
    if (!Array.isArray(atSteps)) return undefined;
    const rises = atSteps.every((at, i) => i === 0 || !(Number(at) <= Number(atSteps[i - 1])));
    if (rises) return undefined;
    return { path: 'atSteps', message: 'must rise: each step later than the one before' };
  },
  rate({ step: { initial, factor, atSteps, warmupSteps } }, step) {
    const drops = atSteps.filter((at) => step >= at).length;
    return initial * factor ** drops * warmUp(step, warmupSteps);
  },
};
