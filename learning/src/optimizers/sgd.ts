/** Plain gradient descent. */
import { decayed, type NamedOptimizer, type Optimizer } from './optimizer.js';

/** `θ ← θ − η (g + λθ)`. The decay is the gradient of λ/2 ‖θ‖². */
export function sgd({ weightDecay = 0 }: { weightDecay?: number }): Optimizer {
  return {
    slots: () => [],
    update: (parameters, gradients, _state, learningRate) => ({
      parameters: parameters.sub(decayed(gradients, parameters, weightDecay).mul(learningRate)),
      state: [],
    }),
  };
}

export const sgdOptimizer = {
  name: 'sgd',
  text: 'plain gradient descent (sgd)',
  settings: {},
  create: (_, { weightDecay }) => sgd({ weightDecay }),
} as const satisfies NamedOptimizer<Record<never, never>>;
