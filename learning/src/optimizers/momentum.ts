/** Gradient descent with momentum. */
import type { Tensor1D } from '@tensorflow/tfjs';
import { flag, number } from '../documents/index.js';
import { decayed, type NamedOptimizer, type Optimizer } from './optimizer.js';

const DEFAULTS = { momentum: 0.9, nesterov: false };

/**
 * `g' = g + λθ`, `u ← μu + g'`, `θ ← θ − η u`; Nesterov's: `θ ← θ − η (g' + μu)`. As in PyTorch and tfjs, u does not
 * include η, so a change of η acts at once.
 *
 * @see Sutskever et al. 2013, §2, https://proceedings.mlr.press/v28/sutskever13.html
 */
export function momentum({
  weightDecay = 0,
  momentum: mu,
  nesterov,
}: {
  weightDecay?: number;
  momentum: number;
  nesterov: boolean;
}): Optimizer {
  return {
    slots: (parameterCount) => [{ name: 'velocity', shape: [parameterCount], initial: 0 }],
    update(parameters, gradients, state, learningRate) {
      const [u] = state as [Tensor1D];
      const g = decayed(gradients, parameters, weightDecay);
      const velocity = u.mul<Tensor1D>(mu).add<Tensor1D>(g);
      const direction = nesterov ? g.add<Tensor1D>(velocity.mul(mu)) : velocity;
      return { parameters: parameters.sub(direction.mul(learningRate)), state: [velocity] };
    },
  };
}

const settings = {
  momentum: number('a number, at least 0 and less than 1', { atLeast: 0, below: 1 })
    .optional()
    .describe(
      'Of optimizer: momentum. Share of the velocity that each step keeps, in [0, 1); 0.9 by default.',
    ),
  nesterov: flag()
    .optional()
    .describe("Of optimizer: momentum. Takes Nesterov's gradient; false by default."),
};

export const momentumOptimizer = {
  name: 'momentum',
  text: 'sgd with momentum',
  settings,
  defaults: DEFAULTS,
  create: (_, { weightDecay, momentum: mu = DEFAULTS.momentum, nesterov = DEFAULTS.nesterov }) =>
    momentum({ weightDecay, momentum: mu, nesterov }),
} as const satisfies NamedOptimizer<typeof settings>;
