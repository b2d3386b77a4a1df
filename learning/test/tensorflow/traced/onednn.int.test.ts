/**
 * Graphs where TensorFlow uses oneDNN, as it does of itself on processors with VNNI or AMX: it fuses and replaces more
 * operations in graphs than outside of them. In a process of its own, because TensorFlow asks for the setting once.
 */
import type { NamedTensorMap, Tensor, Variable } from '@tensorflow/tfjs';
import { afterAll, describe, expect, it, vi } from 'vitest';

vi.hoisted(() => {
  process.env['TF_ENABLE_ONEDNN_OPTS'] = '1';
});

import { openEngine } from '../../../src/tensorflow/engine/engine.js';
import { traceStep } from '../../../src/tensorflow/traced/trace-step.js';
import { TracedStep } from '../../../src/tensorflow/traced/traced-step.js';

const engine = await openEngine();
afterAll(() => openEngine());
const { tf } = engine;

/** Numbers between −2 and 2. */
function numbers(shape: number[], phase: number): Tensor {
  return tf.tidy(() =>
    tf.range(0, tf.util.sizeFromShape(shape)).mul(0.7).add(phase).sin().mul(2).reshape(shape),
  );
}

const X = [4, 6, 6, 3];
const FILTER = [3, 3, 3, 5];

const conv = (x: Tensor, w: Tensor) => tf.conv2d(x as never, w as never, 1, 'same') as Tensor;
const attention = (x: Tensor) => {
  const rows = x.reshape([4, 36, 3]);
  return tf.matMul(tf.softmax(tf.matMul(rows, rows, false, true)), rows);
};

const FORWARD: Record<string, (x: Tensor, w: Tensor) => Tensor> = {
  softmax: (x) => tf.softmax(x.reshape([4, 108])),
  'softmax of a softmax': (x) => tf.softmax(tf.softmax(x.reshape([16, 27]))),
  attention,
  'a convolution, then a normalisation': (x, w) =>
    tf.relu(
      tf.batchNorm(
        conv(x, w),
        tf.zeros([5]),
        tf.fill([5], 0.7),
        tf.fill([5], 0.1),
        tf.fill([5], 1.3),
      ),
    ),
  'a convolution with a bias, then elu': (x, w) => tf.elu(conv(x, w).add(tf.linspace(-1, 1, 5))),
  'a convolution, then mish': (x, w) => {
    const y = conv(x, w);
    return y.mul(tf.tanh(tf.softplus(y)));
  },
  'several outputs of one operation': (x) => {
    const [a, b, c] = tf.split(x, 3, 3) as [Tensor, Tensor, Tensor];
    return a.mul(b).add(c).mul(b);
  },
};

describe.skipIf(engine.name !== 'native')(
  'with oneDNN, a graph has the bits of its operations:',
  () => {
    it.each(Object.entries(FORWARD))('%s', (_, forward) => {
      const fn = ({ x, w }: NamedTensorMap) => forward(x as Tensor, w as Tensor);
      const example = { x: numbers(X, 0), w: numbers(FILTER, 1) };
      const traced = mustTrace(fn, example);
      const other = { x: numbers(X, 5), w: numbers(FILTER, 9) };
      expect([...traced.run('f', other).dataSync()]).toEqual([
        ...tf.tidy(() => fn(other)).dataSync(),
      ]);
      traced.dispose();
    });

    it.each(Object.entries(FORWARD))('training through %s', (_, forward) => {
      const [eager, own] = [1, 1].map(() => tf.variable(numbers(FILTER, 1)));
      const step = (w: Variable) => (inputs: NamedTensorMap) => {
        const x = inputs['x'] as Tensor;
        const { value, grads } = tf.variableGrads(
          () => forward(tf.add(x, w.mean()), w).square().mean().asScalar(),
          [w],
        );
        w.assign(w.sub((grads[w.name] as Tensor).mul(0.1)) as never);
        return value as Tensor;
      };
      const traced = mustTrace(step(own as Variable), { x: numbers(X, 0) }, [own as Variable]);
      for (let phase = 1; phase <= 5; phase++) {
        const x = numbers(X, phase);
        const expected = tf.tidy(() => step(eager as Variable)({ x }).dataSync());
        expect([...traced.run('f', { x }).dataSync()]).toEqual([...expected]);
      }
      traced.dispose();
    });
  },
);

function mustTrace(
  fn: (inputs: NamedTensorMap) => Tensor,
  inputs: NamedTensorMap,
  state: Variable[] = [],
): TracedStep {
  const traced = traceStep(engine, { f: { fn, inputs } }, state);
  if (traced instanceof TracedStep) return traced;
  throw new Error(traced.reason);
}
