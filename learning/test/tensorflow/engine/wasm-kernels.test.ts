/** Gradients of the wasm kernels against another implementation: the plain JavaScript backend of tfjs. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../../../src/tensorflow/engine/engine.js';
import type { Tensor } from '../../../src/tensorflow/index.js';

let tf: Engine['tf'];

beforeAll(async () => {
  ({ tf } = await openEngine({ only: 'wasm' }));
});
afterAll(() => openEngine());

/** Smooth values without symmetry, so that a swapped or shifted index shows. */
function filled(shape: number[], phase: number): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(0.7 * i + phase)),
    shape,
  );
}

/** Gradients of Σ w · f(a, b), with fixed w, on one backend. */
async function gradients(
  backend: 'cpu' | 'wasm',
  f: (a: Tensor, b: Tensor) => Tensor,
  shapes: [number[], number[]],
): Promise<number[][]> {
  await tf.setBackend(backend);
  return tf.tidy(() => {
    const [a, b] = [filled(shapes[0], 0), filled(shapes[1], 1)];
    const weighted = (x: Tensor, y: Tensor) => {
      const out = f(x, y);
      return tf.sum(tf.mul(out, filled(out.shape, 2)));
    };
    return tf
      .grads(weighted as (...x: Tensor[]) => Tensor)([a, b])
      .map((g) => [...g.dataSync()]);
  });
}

function expectClose(got: number[][], want: number[][]): void {
  for (const [index, values] of want.entries()) {
    expect(got[index]).toHaveLength(values.length);
    for (const [i, value] of values.entries()) expect(got[index]?.[i]).toBeCloseTo(value, 3);
  }
}

const CONVOLUTIONS = [
  { size: 7, filter: 3, stride: 1, pad: 'same' },
  { size: 8, filter: 3, stride: 2, pad: 'same' },
  { size: 7, filter: 5, stride: 1, pad: 'valid' },
  { size: 8, filter: 3, stride: 2, pad: 'valid' },
  { size: 9, filter: 2, stride: 3, pad: 'valid' },
  { size: 6, filter: 1, stride: 2, pad: 'same' },
  { size: 6, filter: 3, stride: 1, pad: 2 },
] as const;

describe('gradients on the wasm backend agree with the JavaScript backend', () => {
  it.each(CONVOLUTIONS)('conv2d $size, $filter × $filter, stride $stride, pad $pad', async (c) => {
    const f = (x: Tensor, w: Tensor) => tf.conv2d(x as never, w as never, c.stride, c.pad);
    const shapes: [number[], number[]] = [
      [3, c.size, c.size + 1, 2],
      [c.filter, c.filter, 2, 4],
    ];
    expectClose(await gradients('wasm', f, shapes), await gradients('cpu', f, shapes));
  });

  it.each(CONVOLUTIONS)(
    'depthwise $size, $filter × $filter, stride $stride, pad $pad',
    async (c) => {
      const f = (x: Tensor, w: Tensor) =>
        tf.depthwiseConv2d(x as never, w as never, c.stride, c.pad);
      const shapes: [number[], number[]] = [
        [2, c.size, c.size + 1, 3],
        [c.filter, c.filter, 3, 2],
      ];
      expectClose(await gradients('wasm', f, shapes), await gradients('cpu', f, shapes));
    },
  );

  it('gather, with a segment sum as its gradient', async () => {
    const f = (x: Tensor, y: Tensor) => {
      const rows = tf.gather(x, tf.tensor2d([[2, 0], [2, 1]], [2, 2], 'int32')); // biome-ignore format: short
      return tf.add(rows, y);
    };
    const shapes: [number[], number[]] = [[4, 3], [1]];
    expectClose(await gradients('wasm', f, shapes), await gradients('cpu', f, shapes));
  });

  it('conv2d leaves no tensor behind', async () => {
    await tf.setBackend('wasm');
    const run = () =>
      gradients('wasm', (x, w) => tf.conv2d(x as never, w as never, 1, 'same'), [
        [1, 4, 4, 1],
        [3, 3, 1, 2],
      ]);
    await run();
    const before = tf.memory().numTensors;
    await run();
    expect(tf.memory().numTensors).toBe(before);
  });
});
