/**
 * After warm-up `final + (peak − final) (1 + cos(π t)) / 2`, t the share of the steps after warm-up that are done: the
 * rate reaches `final` at the end of the run.
 *
 * @see Loshchilov & Hutter 2017, eq. 5, one period, https://arxiv.org/abs/1608.03983
 */
import { number, section } from '../documents/index.js';
import type { Schedule } from './schedule.js';
import { warmUp, warmupSteps } from './warm-up.js';

const settings = section({
  cosine: section({
    peak: number('a number greater than 0', { above: 0 }).describe(
      'Rate at the end of warm-up, from where it falls.',
    ),
    final: number('a number, at least 0', { atLeast: 0 })
      .default(0)
      .describe('Rate at the end of the run.'),
    warmupSteps,
  }).describe('A rate that falls along half a cosine to the end of the run.'),
});

export const cosine: Schedule<typeof settings> = {
  name: 'cosine',
  settings,
  rate({ cosine: { peak, final, warmupSteps } }, step, stepCount) {
    if (step < warmupSteps) return peak * warmUp(step, warmupSteps);
    const done = (step - warmupSteps) / (stepCount - warmupSteps);
    return final + ((peak - final) * (1 + Math.cos(Math.PI * done))) / 2;
  },
};
