/** Three steps of each optimizer against the formulas in plain numbers, and against the optimizers of tfjs. */
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { adam } from '../../src/optimizers/adam.js';
import { momentum } from '../../src/optimizers/momentum.js';
import type { Optimizer } from '../../src/optimizers/optimizer.js';
import { sgd } from '../../src/optimizers/sgd.js';
import { runOptimizer } from '../../src/optimizers/table.js';
import { type Engine, openEngine } from '../../src/tensorflow/engine/engine.js';

let tf: Engine['tf'];

beforeAll(async () => {
  ({ tf } = await openEngine());
});

const START = [0.5, -1.2, 3, 0];
/** Gradients of very different sizes, and a 0. */
const GRADIENTS = [
  [0.1, -2, 0, 30],
  [0.2, 1.5, 0, -10],
  [-0.4, 0.3, 1e-4, 5],
];
const RATES = [0.1, 0.05, 0.01];

/** Runs the optimizer as the training step does. */
function run(optimizer: Optimizer): number[] {
  return tf.tidy(() => {
    let parameters = tf.tensor1d(START);
    let state: readonly Tensor[] = optimizer
      .slots(START.length)
      .map(({ shape, initial }) => tf.fill([...shape], initial));
    for (const [step, gradient] of GRADIENTS.entries()) {
      const rate = tf.scalar(RATES[step] as number) as Scalar;
      ({ parameters, state } = optimizer.update(parameters, tf.tensor1d(gradient), state, rate));
    }
    return [...parameters.dataSync()];
  });
}

function expectClose(got: number[], want: number[]): void {
  for (const [i, value] of want.entries()) expect(got[i]).toBeCloseTo(value, 5);
}

/** The formulas again, one parameter at a time, in float64. */
const plain = {
  adam(decay: number): number[] {
    return START.map((start, i) => {
      let [theta, m, v] = [start, 0, 0];
      for (const [step, gradient] of GRADIENTS.entries()) {
        const g = gradient[i] as number;
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        const mHat = m / (1 - 0.9 ** (step + 1));
        const vHat = v / (1 - 0.999 ** (step + 1));
        theta -= (RATES[step] as number) * (mHat / (Math.sqrt(vHat) + 1e-8) + decay * theta);
      }
      return theta;
    });
  },
  momentum(mu: number, nesterov: boolean, decay: number): number[] {
    return START.map((start, i) => {
      let [theta, u] = [start, 0];
      for (const [step, gradient] of GRADIENTS.entries()) {
        const g = (gradient[i] as number) + decay * theta;
        u = mu * u + g;
        theta -= (RATES[step] as number) * (nesterov ? g + mu * u : u);
      }
      return theta;
    });
  },
};

describe('optimizers agree with the formulas in plain numbers', () => {
  it.each([0, 0.1])('adam with decay %d', (weightDecay) => {
    expectClose(run(adam(tf, { weightDecay })), plain.adam(weightDecay));
  });

  it.each([0, 0.1])('sgd with decay %d', (weightDecay) => {
    expectClose(run(sgd({ weightDecay })), plain.momentum(0, false, weightDecay));
  });

  it.each([
    { nesterov: false, weightDecay: 0 },
    { nesterov: true, weightDecay: 0 },
    { nesterov: false, weightDecay: 0.1 },
    { nesterov: true, weightDecay: 0.1 },
  ])('momentum, nesterov $nesterov, decay $weightDecay', ({ nesterov, weightDecay }) => {
    const got = run(momentum({ momentum: 0.8, nesterov, weightDecay }));
    expectClose(got, plain.momentum(0.8, nesterov, weightDecay));
  });
});

describe('optimizers agree with those of tfjs', () => {
  const tfjs = {
    adam: () => tf.train.adam(0.1, 0.9, 0.999, 1e-7),
    sgd: () => tf.train.sgd(0.1),
    momentum: () => tf.train.momentum(0.1, 0.8, false),
    nesterov: () => tf.train.momentum(0.1, 0.8, true),
  };
  const ours: Record<keyof typeof tfjs, () => Optimizer> = {
    adam: () => adam(tf, { epsilon: 1e-7 }),
    sgd: () => sgd({}),
    momentum: () => momentum({ momentum: 0.8, nesterov: false }),
    nesterov: () => momentum({ momentum: 0.8, nesterov: true }),
  };

  it.each(Object.keys(tfjs) as (keyof typeof tfjs)[])('%s', (name) => {
    const theirs = tfjs[name]();
    const variable = tf.variable(tf.tensor1d(START));
    const want = tf.tidy(() => {
      for (const gradient of GRADIENTS) {
        theirs.applyGradients([{ name: variable.name, tensor: tf.tensor1d(gradient) }]);
      }
      return [...variable.dataSync()];
    });
    const optimizer = ours[name]();
    const got = tf.tidy(() => {
      let parameters = tf.tensor1d(START);
      let state: readonly Tensor[] = optimizer
        .slots(START.length)
        .map(({ shape, initial }) => tf.fill([...shape], initial));
      for (const gradient of GRADIENTS) {
        const step = optimizer.update(parameters, tf.tensor1d(gradient), state, tf.scalar(0.1));
        ({ parameters, state } = step);
      }
      return [...parameters.dataSync()];
    });
    expectClose(got, want);
    theirs.dispose();
    variable.dispose();
  });
});

describe('runOptimizer', () => {
  const settings = { optimizer: 'sgd', weightDecay: 0 } as const;

  /** The parameters that one step with rate 1 subtracts. */
  const stepOf = (clipNorm: number, gradient: number[]): number[] =>
    tf.tidy(() => {
      const zeros = tf.zeros([gradient.length]) as Tensor1D;
      const { parameters } = runOptimizer(tf, { ...settings, clipNorm }).update(
        zeros,
        tf.tensor1d(gradient),
        [],
        tf.scalar(1),
      );
      return [...tf.neg(parameters).dataSync()];
    });

  it('clips gradients by the norm over all parameters, if it is above clipNorm', () => {
    expectClose(stepOf(1, [3, 4]), [0.6, 0.8]);
    expectClose(stepOf(10, [3, 4]), [3, 4]);
    expectClose(stepOf(1, [0, 0]), [0, 0]);
  });

  it('uses momentum 0.9 without Nesterov by default', () => {
    const got = run(runOptimizer(tf, { optimizer: 'momentum', weightDecay: 0 }));
    expectClose(got, plain.momentum(0.9, false, 0));
  });
});
