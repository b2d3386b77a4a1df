/** Dropout masks: their share of zeros, their repetition, and model outputs with known masks. */
import { beforeAll, describe, expect, it } from 'vitest';
import { buildStudent } from '../../../src/tensorflow/build-student.js';
import { type Engine, openEngine } from '../../../src/tensorflow/engine/engine.js';
import type { Tensor } from '../../../src/tensorflow/index.js';
import { DropoutMasks } from '../../../src/tensorflow/trained-layers/dropout-masks.js';

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine();
});

const mlp = (rate: number) =>
  buildStudent(engine, { architecture: 'mlp', hiddenUnits: [40, 40], dropout: rate }, [6], 3, 1);

describe('DropoutMasks', () => {
  it('depend on seed, step and layer only', () => {
    const model = mlp(0.25);
    const masks = new DropoutMasks(model);
    expect(masks.shapes(5)).toEqual([[5, 40], [5, 40]]); // biome-ignore format: short
    const [first, second] = masks.draw(7, 3, 50);
    expect(masks.draw(7, 3, 50)).toEqual([first, second]);
    expect(second).not.toEqual(first);
    expect(masks.draw(7, 4, 50)[0]).not.toEqual(first);
    expect(masks.draw(8, 3, 50)[0]).not.toEqual(first);
    model.dispose();
  });

  it('drop the share of the rate and keep the mean', () => {
    const model = mlp(0.25);
    const [mask = new Float32Array()] = new DropoutMasks(model).draw(1, 0, 1000);
    const dropped = mask.filter((value) => value === 0).length / mask.length;
    expect(Math.abs(dropped - 0.25)).toBeLessThan(0.01);
    expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    model.dispose();
  });

  it('act only in training, with the masks given', () => {
    const { tf } = engine;
    const model = mlp(0.5);
    const masks = new DropoutMasks(model);
    const before = tf.memory().numTensors;
    const outputs = tf.tidy(() => {
      const x = tf.ones([2, 6]);
      const run = (value: number, training: boolean) =>
        masks.use(
          masks.shapes(2).map((shape) => tf.fill(shape, value)),
          () => {
            const out = model.apply(x, { training }) as Tensor;
            return [...out.dataSync()];
          },
        );
      return { plain: run(1, true), dropped: run(0, true), outside: run(0, false) };
    });
    // With masks of zeros only the bias of the last layer passes, and it starts at 0.
    expect(outputs.dropped).toEqual([0, 0, 0, 0, 0, 0]);
    expect(outputs.outside).toEqual(outputs.plain);
    expect(outputs.plain).not.toEqual(outputs.dropped);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('refuse other random layers by name', () => {
    const { tf } = engine;
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ inputShape: [3], units: 2 }),
        tf.layers.gaussianNoise({ stddev: 1, name: 'jitter' }),
      ],
    });
    expect(() => new DropoutMasks(model)).toThrow('layer jitter (GaussianNoise)');
    model.dispose();
  });
});
