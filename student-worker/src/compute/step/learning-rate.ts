/** The learning rate of each step: a pure function of the run's settings. */
import type { LearningRateSettings } from '@lyceum/learning/specification';

/**
 * @param step - from 0.
 * @param stepCount - steps of the whole run; the cosine reaches `final` at its end.
 * @returns the learning rate of that step. Warm-up is linear: step s of w takes (s + 1)/w of the schedule's value.
 */
export function learningRate(
  settings: LearningRateSettings,
  step: number,
  stepCount: number,
): number {
  if ('constant' in settings) {
    const { rate, warmupSteps } = settings.constant;
    return rate * warmup(step, warmupSteps);
  }
  if ('step' in settings) {
    const { initial, factor, atSteps, warmupSteps } = settings.step;
    const drops = atSteps.filter((at) => step >= at).length;
    return initial * factor ** drops * warmup(step, warmupSteps);
  }
  return cosine(settings.cosine, step, stepCount);
}

/**
 * `final + (peak − final) (1 + cos(π t)) / 2`, t the share of the steps after warm-up that are done.
 *
 * @see Loshchilov & Hutter 2017, eq. 5, one period, https://arxiv.org/abs/1608.03983
 */
function cosine(
  { peak, final, warmupSteps }: { peak: number; final: number; warmupSteps: number },
  step: number,
  stepCount: number,
): number {
  if (step < warmupSteps) return peak * warmup(step, warmupSteps);
  const done = (step - warmupSteps) / (stepCount - warmupSteps);
  return final + ((peak - final) * (1 + Math.cos(Math.PI * done))) / 2;
}

function warmup(step: number, warmupSteps: number): number {
  return step < warmupSteps ? (step + 1) / warmupSteps : 1;
}
