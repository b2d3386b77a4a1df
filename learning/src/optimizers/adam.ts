/** Adam with decoupled weight decay. */
import type { Scalar, Tensor1D } from '@tensorflow/tfjs';
import type { Tf } from '../tensorflow/engine/index.js';
import { decayed, type NamedOptimizer, type Optimizer } from './optimizer.js';

/**
 * `m ← β₁m + (1−β₁)g`, `v ← β₂v + (1−β₂)g²`, `θ ← θ − η (m̂ / (√v̂ + ε) + λθ)` with `m̂ = m/(1−β₁ᵗ)`,
 * `v̂ = v/(1−β₂ᵗ)`. The decay is decoupled: it does not enter the moments. β₁ᵗ and β₂ᵗ are state, in float32.
 *
 * @see Kingma & Ba 2015, algorithm 1, https://arxiv.org/abs/1412.6980
 * @see Loshchilov & Hutter 2019, algorithm 2, https://arxiv.org/abs/1711.05101
 */
export function adam(
  tf: Tf,
  {
    weightDecay = 0,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
  }: { weightDecay?: number; beta1?: number; beta2?: number; epsilon?: number },
): Optimizer {
  return {
    slots: (parameterCount) => [
      { name: 'firstMoment', shape: [parameterCount], initial: 0 },
      { name: 'secondMoment', shape: [parameterCount], initial: 0 },
      { name: 'beta1Power', shape: [], initial: 1 },
      { name: 'beta2Power', shape: [], initial: 1 },
    ],
    update(parameters, gradients, state, learningRate) {
      const [m, v, power1, power2] = state as [Tensor1D, Tensor1D, Scalar, Scalar];
      const beta1Power = power1.mul(beta1);
      const beta2Power = power2.mul(beta2);
      const firstMoment = m.mul(beta1).add(gradients.mul(1 - beta1));
      const secondMoment = v.mul(beta2).add(gradients.square().mul(1 - beta2));
      const corrected = secondMoment.div(tf.sub(1, beta2Power));
      const direction = firstMoment
        .div(tf.sub(1, beta1Power))
        .div<Tensor1D>(tf.sqrt(corrected).add(epsilon));
      const step = decayed(direction, parameters, weightDecay).mul(learningRate);
      return {
        parameters: parameters.sub(step),
        state: [firstMoment, secondMoment, beta1Power, beta2Power],
      };
    },
  };
}

export const adamOptimizer = {
  name: 'adam',
  text: 'adam',
  settings: {},
  create: (tf, { weightDecay }) => adam(tf, { weightDecay }),
} as const satisfies NamedOptimizer<Record<never, never>>;
