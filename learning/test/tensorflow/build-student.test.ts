/** Parameter counts against published or hand-counted ones, and weights that depend only on the seed. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { ArchitectureSettings } from '../../src/architectures/table.js';
import { buildStudent } from '../../src/tensorflow/build-student.js';
import { type Engine, openEngine } from '../../src/tensorflow/engine/engine.js';
import type { LayersModel, Tensor } from '../../src/tensorflow/index.js';

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine();
});

const trainableCount = (model: LayersModel) =>
  model.trainableWeights.reduce((sum, weight) => sum + weight.read().size, 0);

function weights(settings: ArchitectureSettings, seed: number): number[] {
  const model = buildStudent(engine, settings, [28, 28, 1], 10, seed);
  const values = model.weights.flatMap((weight) => [...weight.read().dataSync()]);
  model.dispose();
  return values;
}

describe('buildStudent', () => {
  it.each<[string, ArchitectureSettings, number[], number]>([
    [
      'mlp 784-30-30-10',
      { architecture: 'mlp', hiddenUnits: [30, 30], dropout: 0.5 },
      [28, 28, 1],
      24_790,
    ],
    [
      'mlp of flat samples',
      { architecture: 'mlp', hiddenUnits: [4], dropout: 0 },
      [3],
      3 * 4 + 4 + 4 * 10 + 10,
    ],
    ['linear', { architecture: 'mlp', hiddenUnits: [], dropout: 0 }, [2, 2, 1], 4 * 10 + 10],
    [
      'embedding-bag 9-4-6-10',
      { architecture: 'embedding-bag', dimension: 4, hiddenUnits: [6] },
      [9],
      9 * 4 + 4 * 6 + 6 + 6 * 10 + 10,
    ],
    ['LeNet-5', { architecture: 'lenet' }, [28, 28, 1], 61_706],
    [
      'conv16-pool-conv32-pool-dense64',
      { architecture: 'conv', filters: [16, 32], denseUnits: [64] },
      [28, 28, 1],
      9 * 16 + 16 + 9 * 16 * 32 + 32 + 7 * 7 * 32 * 64 + 64 + 64 * 10 + 10,
    ],
    // 0.27 M in He et al. 2016, table 6.
    ['ResNet-20', { architecture: 'resnet', depth: 20 }, [32, 32, 3], 269_722],
    ['ResNet-8', { architecture: 'resnet', depth: 8 }, [32, 32, 3], 75_290],
  ])('%s has its parameter count and gives logits', (_name, settings, sampleShape, want) => {
    const model = buildStudent(engine, settings, sampleShape, 10, 1);
    expect(trainableCount(model)).toBe(want);
    expect(model.outputs[0]?.shape).toEqual([null, 10]);
    const last = model.layers.at(-1)?.getConfig();
    expect(last?.['activation']).toBe('linear');
    model.dispose();
  });

  it('runs a ResNet on images of odd size', () => {
    const model = buildStudent(engine, { architecture: 'resnet', depth: 8 }, [29, 27, 1], 3, 1);
    const { tf } = engine;
    const output = tf.tidy(
      () => model.apply(tf.ones([2, 29, 27, 1]), { training: true }) as Tensor,
    );
    expect(output.shape).toEqual([2, 3]);
    output.dispose();
    model.dispose();
  });

  it.each([0, 1, 0xffffffff])('gives the same weights for the same seed %d', (seed) => {
    const settings: ArchitectureSettings = { architecture: 'resnet', depth: 8 };
    expect(weights(settings, seed)).toEqual(weights(settings, seed));
  });

  it('gives other weights for another seed and in each layer', () => {
    const settings: ArchitectureSettings = {
      architecture: 'mlp',
      hiddenUnits: [10, 10],
      dropout: 0,
    };
    expect(weights(settings, 1)).not.toEqual(weights(settings, 2));
    const values = weights(settings, 1);
    const second = values.slice(7850, 7950);
    expect(second).not.toEqual(values.slice(7960, 8060));
  });

  it('refuses samples of a wrong shape, and names the right shapes', () => {
    const small = () => buildStudent(engine, { architecture: 'lenet' }, [8, 8, 1], 10, 1);
    expect(small).toThrow('lenet needs samples [height, width, channels] of at least 12 × 12');
    const flat = () =>
      buildStudent(engine, { architecture: 'conv', filters: [4], denseUnits: [] }, [784], 10, 1);
    expect(flat).toThrow('this data set has [784]');
    const pictures = () =>
      buildStudent(
        engine,
        { architecture: 'embedding-bag', dimension: 4, hiddenUnits: [] },
        [4, 4, 1],
        10,
        1,
      );
    expect(pictures).toThrow('embedding-bag needs flat samples');
  });
});
