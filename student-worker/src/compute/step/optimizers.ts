/**
 * The optimisers, as pure functions of tensors: parameters, gradients, state and learning rate in, parameters
 * and state out. No JavaScript number changes from step to step, so an update can be recorded as a graph and
 * resumed to the bit.
 *
 * All trainable weights are one vector θ [P], in the model's order: an update is a dozen operations whatever the
 * number of layers, and the global norm is one of them. Inputs are borrowed; results belong to the caller's tidy.
 *
 * Symbols: θ parameters, g gradients, η learning rate (scalar tensor), λ weight decay, all [P] unless said.
 */
import type { TrainingSettings } from '@lyceum/learning/specification';
import type { Scalar, Tensor, Tensor1D, Tf } from '@lyceum/learning/tensorflow';

/** A variable of the optimiser: its name in checkpoints, and its value before the first step. */
interface OptimizerSlot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: number;
}

interface Update {
  readonly parameters: Tensor1D;
  /** In the order of {@link Optimizer.slots}. */
  readonly state: readonly Tensor[];
}

export interface Optimizer {
  slots(parameterCount: number): readonly OptimizerSlot[];
  update(
    parameters: Tensor1D,
    gradients: Tensor1D,
    state: readonly Tensor[],
    learningRate: Scalar,
  ): Update;
}

export type OptimizerSettings = Pick<
  TrainingSettings,
  'optimizer' | 'momentum' | 'nesterov' | 'weightDecay' | 'clipNorm'
>;

const DEFAULT_MOMENTUM = 0.9;

/** The run's optimiser, its gradients clipped first where it says so. */
export function runOptimizer(tf: Tf, settings: OptimizerSettings): Optimizer {
  const optimizer = baseOptimizer(tf, settings);
  const { clipNorm } = settings;
  if (clipNorm === undefined) return optimizer;
  return {
    slots: (parameterCount) => optimizer.slots(parameterCount),
    update: (parameters, gradients, state, learningRate) =>
      optimizer.update(parameters, clipped(tf, gradients, clipNorm), state, learningRate),
  };
}

function baseOptimizer(tf: Tf, settings: OptimizerSettings): Optimizer {
  const { weightDecay } = settings;
  switch (settings.optimizer) {
    case 'adam':
      return adam(tf, { weightDecay });
    case 'sgd':
      return sgd({ weightDecay });
    case 'momentum':
      return momentum({
        weightDecay,
        momentum: settings.momentum ?? DEFAULT_MOMENTUM,
        nesterov: settings.nesterov ?? false,
      });
  }
}

/**
 * `m ← β₁m + (1−β₁)g`, `v ← β₂v + (1−β₂)g²`, `θ ← θ − η (m̂ / (√v̂ + ε) + λθ)` with `m̂ = m/(1−β₁ᵗ)`,
 * `v̂ = v/(1−β₂ᵗ)`. The decay is decoupled: it passes by the moments. β₁ᵗ and β₂ᵗ are state, in float32.
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

/**
 * `g' = g + λθ`, `u ← μu + g'`, `θ ← θ − η u`; Nesterov's: `θ ← θ − η (g' + μu)`. η is outside of u, as
 * PyTorch and tfjs have it, so a change of η acts at once.
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

/**
 * `g · min(1, c / ‖g‖)`, ‖g‖ the norm over all parameters together. A gradient of 0 stays 0.
 *
 * @see Pascanu, Mikolov & Bengio 2013, §3.2, https://arxiv.org/abs/1211.5063
 */
function clipped(tf: Tf, gradients: Tensor1D, maxNorm: number): Tensor1D {
  const norm = globalNorm(tf, gradients);
  // Division by the greater of the two is the same, and never by 0.
  return gradients.mul(tf.div(maxNorm, tf.maximum(norm, maxNorm)));
}

/** ‖g‖₂. Not `tf.norm`: a graph gives other bits of its powers than the operation by itself. */
export function globalNorm(tf: Tf, gradients: Tensor1D): Scalar {
  return tf.sqrt(tf.sum<Scalar>(tf.square(gradients)));
}

function decayed(direction: Tensor1D, parameters: Tensor1D, weightDecay: number): Tensor1D {
  return weightDecay === 0 ? direction : direction.add(parameters.mul(weightDecay));
}
