/** Layers read from a topology or an architecture, against the layers of the models that tfjs builds. */
import { beforeAll, describe, expect, it } from 'vitest';
import { ARCHITECTURE_NAMES, type ArchitectureSettings } from '../../src/architectures/table.js';
import {
  architectureLayers,
  architectureParameterCount,
} from '../../src/models/layers/architecture-layers.js';
import { modelLayers } from '../../src/models/layers/model-layers.js';
import { buildStudent } from '../../src/tensorflow/build-student.js';
import { type Engine, openEngine } from '../../src/tensorflow/engine/engine.js';
import type { LayersModel } from '../../src/tensorflow/index.js';
import { savedModel } from '../../src/tensorflow/model-files.js';

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine();
});

interface Described {
  readonly name: string;
  readonly shape?: readonly unknown[];
}

const byName = (layers: readonly Described[]) =>
  [...layers].sort((a, b) => (a.name < b.name ? -1 : 1));

/** The layers with one call, as tfjs has them. */
function builtLayers(model: LayersModel): Described[] {
  const layers = model.layers.filter(
    (layer) => layer.inboundNodes.length === 1 && layer.getClassName() !== 'InputLayer',
  );
  return byName(
    layers.map(({ name, outputShape }) => ({ name, shape: outputShape.slice(1) as unknown[] })),
  );
}

const toldLayers = async (model: LayersModel) =>
  byName(modelLayers((await savedModel(engine, model, { output: 'logits' })).modelJson));

describe('architectureLayers', () => {
  const ALL: [ArchitectureSettings, number[]][] = [
    [{ architecture: 'mlp', hiddenUnits: [9, 7], dropout: 0.4 }, [16, 12, 3]],
    [{ architecture: 'mlp', hiddenUnits: [9], dropout: 0 }, [5]],
    [{ architecture: 'mlp', hiddenUnits: [], dropout: 0 }, [2, 2, 1]],
    [{ architecture: 'embedding-bag', dimension: 4, hiddenUnits: [6, 3] }, [9]],
    [{ architecture: 'embedding-bag', dimension: 4, hiddenUnits: [] }, [9]],
    [{ architecture: 'lenet' }, [28, 27, 1]],
    [{ architecture: 'conv', filters: [4, 6, 8], denseUnits: [5, 3] }, [17, 16, 3]],
    [{ architecture: 'conv', filters: [4], denseUnits: [] }, [9, 9, 1]],
    [{ architecture: 'resnet', depth: 8 }, [29, 27, 1]],
    [{ architecture: 'resnet', depth: 20 }, [32, 32, 3]],
  ];

  it.each(ALL)('of %j on %j gives the layers that are built', async (settings, sampleShape) => {
    const model = buildStudent(engine, settings, sampleShape, 10, 1);
    const told = architectureLayers(settings, sampleShape, 10);
    expect(architectureParameterCount(settings, sampleShape, 10)).toBe(model.countParams());
    expect(byName(told)).toEqual(builtLayers(model));
    // The saved model gives the same.
    expect(await toldLayers(model)).toEqual(byName(told));
    model.dispose();
  });

  it('is tested here with every architecture', () => {
    const tried = new Set(ALL.map(([{ architecture }]) => architecture));
    expect(ARCHITECTURE_NAMES.filter((name) => !tried.has(name))).toEqual([]);
  });

  it('leaves shapes out where the samples do not fit', () => {
    expect(architectureLayers({ architecture: 'lenet' }, [6, 6, 1], 10).at(-1)).toEqual({
      name: 'logits',
    });
    const flat = architectureLayers({ architecture: 'resnet', depth: 8 }, [7], 10);
    expect(flat.every(({ shape }) => shape === undefined)).toBe(true);
  });
});

describe('modelLayers', () => {
  it('gives the shapes of a functional model', async () => {
    const { tf } = engine;
    const { layers } = tf;
    const input = tf.input({ shape: [13, 10, 3], name: 'input' });
    type T = typeof input;
    const then = (x: T | T[], layer: { apply(x: T | T[]): unknown }) => layer.apply(x) as T;
    let x = then(input, layers.zeroPadding2d({ padding: [[1, 2], [0, 3]], name: 'pad' })); // biome-ignore format: short
    x = then(
      x,
      layers.conv2d({ filters: 5, kernelSize: [3, 2], dilationRate: 2, name: 'dilated' }),
    );
    const a = then(x, layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same', name: 'a' })); // biome-ignore format: short
    const b = then(x, layers.separableConv2d({ filters: 10, kernelSize: 3, strides: 1, padding: 'same', name: 'b' })); // biome-ignore format: short
    x = then([a, b], layers.add({ name: 'add' }));
    x = then([x, a], layers.concatenate({ name: 'both' }));
    x = then([x, x], layers.concatenate({ axis: 1, name: 'tall' }));
    x = then(x, layers.averagePooling2d({ poolSize: [3, 2], strides: [2, 1], name: 'average' }));
    x = then(x, layers.maxPooling2d({ poolSize: 2, padding: 'same', name: 'max' }));
    x = then(x, layers.upSampling2d({ size: [2, 3], name: 'up' }));
    x = then(x, layers.layerNormalization({ name: 'normal' }));
    x = then(x, layers.reLU({ name: 'relu' }));
    const inner = tf.sequential({ name: 'inner', layers: [layers.conv2d({ filters: 7, kernelSize: 1, strides: 2, padding: 'same', inputShape: x.shape.slice(1) as number[], name: 'in_inner' })] }); // biome-ignore format: short
    x = then(x, inner);
    x = then(x, layers.permute({ dims: [3, 1, 2], name: 'permuted' }));
    x = then(
      x,
      layers.reshape({
        targetShape: [x.shape.slice(1).reduce<number>((n, m) => n * (m ?? 0), 1) / 7, 7],
        name: 'rows',
      }),
    );
    const twice = layers.dense({ units: 7, name: 'twice' });
    x = then(then(x, twice), twice);
    x = then(x, layers.flatten({ name: 'flat' }));
    const model = tf.model({ inputs: input, outputs: then(x, layers.dense({ units: 2, name: 'out' })) }); // biome-ignore format: short
    const told = await toldLayers(model);
    expect(told.map(({ name }) => name)).not.toContain('twice');
    expect(told.map(({ name }) => name)).not.toContain('in_inner');
    const shapes = new Map(builtLayers(model).map((layer) => [layer.name, layer]));
    for (const layer of told.filter(({ shape }) => shape !== undefined)) {
      expect(layer).toEqual(shapes.get(layer.name));
    }
    // Shapes after a layer that is used twice are unknown.
    expect(told.filter(({ shape }) => shape === undefined).map(({ name }) => name)).toEqual([
      'flat',
      'out',
    ]);
    model.dispose();
  });

  it('gives the shapes of a sequential model, and none for open input sizes', async () => {
    const { tf } = engine;
    const { layers } = tf;
    const sequential = (inputShape: (number | null)[]) =>
      tf.sequential({
        layers: [
          layers.conv2d({
            filters: 4,
            kernelSize: 3,
            inputShape: inputShape as number[],
            name: 'conv',
          }),
          layers.globalMaxPooling2d({ name: 'global' } as never),
          layers.dense({ units: 3, name: 'out' }),
        ],
      });
    const closed = sequential([8, 8, 1]);
    expect(await toldLayers(closed)).toEqual(builtLayers(closed));
    expect(await toldLayers(sequential([null, null, 1]))).toEqual(
      ['conv', 'global', 'out'].map((name) => ({ name })),
    );
  });

  it('gives no layers for other documents', () => {
    for (const json of [undefined, {}, { modelTopology: { class_name: 'Other', config: {} } }]) {
      expect(modelLayers(json)).toEqual([]);
    }
  });
});
