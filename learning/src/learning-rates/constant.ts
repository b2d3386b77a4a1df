/** One rate for all steps. */
import { number, section } from '../documents/index.js';
import type { Schedule } from './schedule.js';
import { warmUp, warmupSteps } from './warm-up.js';

const settings = section({
  constant: section({
    rate: number('a number greater than 0', { above: 0 }).describe(
      'Rate of every step after warm-up.',
    ),
    warmupSteps,
  }).describe('One rate for all steps.'),
});

export const constant: Schedule<typeof settings> = {
  name: 'constant',
  settings,
  rate: ({ constant: { rate, warmupSteps } }, step) => rate * warmUp(step, warmupSteps),
};
