/**
 * Builds a student of an architecture: it ends in logits, [B, classCount], and has its initial weights from the run's
 * seed alone, the same on every engine.
 *
 * Seeds of initialisers are never 0, which tfjs takes for "unseeded".
 */
import { LyceumError } from '@lyceum/proto';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs';
import {
  type ArchitectureSettings,
  architectureOf,
  type Convolution,
  type Layers,
  type NormalizedConvolution,
} from '../architectures/index.js';
import { mix32 } from '../arrays/index.js';
import type { Engine, Tf } from './engine/index.js';

/**
 * @param sampleShape - [height, width, channels] or [features].
 * @throws {LyceumError} INVALID_ARGUMENT if the architecture does not fit the samples.
 */
export function buildStudent(
  { tf }: Engine,
  settings: ArchitectureSettings,
  sampleShape: readonly number[],
  classCount: number,
  seed: number,
): LayersModel {
  const { name, needs, hidden } = architectureOf(settings);
  const needed = needs?.(sampleShape, settings);
  if (needed !== undefined) {
    const message = `architecture ${name} needs ${needed}; this data set has [${sampleShape}]`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const layers = new SeededLayers(tf, seed);
  const input = tf.input({ shape: [...sampleShape], name: 'input' });
  const logits = layers.logits(hidden(layers, input, settings), classCount);
  return tf.model({ inputs: input, outputs: logits, name });
}

/** A seed of its own for each initialiser. */
class SeededLayers implements Layers<SymbolicTensor> {
  readonly #tf: Tf;
  readonly #seed: number;
  #initializerCount = 0;

  constructor(tf: Tf, seed: number) {
    this.#tf = tf;
    this.#seed = seed;
  }

  dense(x: SymbolicTensor, units: number, name: string): SymbolicTensor {
    const kernelInitializer = this.#glorotUniform();
    return this.#tf.layers
      .dense({ units, name, kernelInitializer, activation: 'relu' })
      .apply(x) as SymbolicTensor;
  }

  logits(x: SymbolicTensor, classCount: number): SymbolicTensor {
    const kernelInitializer = this.#glorotUniform();
    return this.#tf.layers
      .dense({ units: classCount, name: 'logits', kernelInitializer })
      .apply(x) as SymbolicTensor;
  }

  embedding(x: SymbolicTensor, dimension: number): SymbolicTensor {
    const kernelInitializer = this.#glorotUniform();
    return this.#tf.layers
      .dense({ units: dimension, useBias: false, name: 'embedding', kernelInitializer })
      .apply(x) as SymbolicTensor;
  }

  dropout(x: SymbolicTensor, rate: number, name: string): SymbolicTensor {
    return this.#tf.layers.dropout({ rate, name }).apply(x) as SymbolicTensor;
  }

  flatten(x: SymbolicTensor): SymbolicTensor {
    const isFlat = x.shape.length === 2;
    if (isFlat) return x;
    return this.#tf.layers.flatten({ name: 'flatten' }).apply(x) as SymbolicTensor;
  }

  conv(x: SymbolicTensor, { filters, size, name, padding = 'same' }: Convolution): SymbolicTensor {
    const kernelInitializer = this.#glorotUniform();
    const layer = this.#tf.layers.conv2d({
      filters,
      kernelSize: size,
      padding,
      activation: 'relu',
      name,
      kernelInitializer,
    });
    return layer.apply(x) as SymbolicTensor;
  }

  pool(x: SymbolicTensor, name: string): SymbolicTensor {
    return this.#tf.layers.maxPooling2d({ poolSize: 2, name }).apply(x) as SymbolicTensor;
  }

  normalizedConv(
    x: SymbolicTensor,
    { filters, stride, name }: NormalizedConvolution,
  ): SymbolicTensor {
    const convolution = this.#tf.layers.conv2d({
      filters,
      kernelSize: 3,
      strides: stride,
      padding: 'same',
      useBias: false,
      name,
      kernelInitializer: this.#tf.initializers.heNormal({ seed: this.#nextSeed() }),
    });
    // Keras's momentum of 0.99 would average over more steps than a short run has.
    const normalization = this.#tf.layers.batchNormalization({
      momentum: 0.9,
      epsilon: 1e-5,
      name: `${name}_norm`,
    });
    return normalization.apply(convolution.apply(x)) as SymbolicTensor;
  }

  relu(x: SymbolicTensor, name: string): SymbolicTensor {
    return this.#tf.layers.activation({ activation: 'relu', name }).apply(x) as SymbolicTensor;
  }

  add(a: SymbolicTensor, b: SymbolicTensor, name: string): SymbolicTensor {
    return this.#tf.layers.add({ name }).apply([a, b]) as SymbolicTensor;
  }

  /** Zero padding is for the first two dimensions only, hence the permutations. */
  narrowShortcut(x: SymbolicTensor, extra: number, name: string): SymbolicTensor {
    const { layers } = this.#tf;
    const chain = [
      layers.averagePooling2d({ poolSize: 1, strides: 2, name: `${name}_skip` }),
      layers.permute({ dims: [1, 3, 2], name: `${name}_channels_second` }),
      layers.zeroPadding2d({ padding: [[0, 0], [extra, extra]], name: `${name}_pad` }), // biome-ignore format: short
      layers.permute({ dims: [1, 3, 2], name: `${name}_channels_last` }),
    ];
    return chain.reduce((tensor, layer) => layer.apply(tensor) as SymbolicTensor, x);
  }

  globalAverage(x: SymbolicTensor): SymbolicTensor {
    return this.#tf.layers
      .globalAveragePooling2d({ name: 'global_average', dataFormat: 'channelsLast' })
      .apply(x) as SymbolicTensor;
  }

  #glorotUniform() {
    return this.#tf.initializers.glorotUniform({ seed: this.#nextSeed() });
  }

  /** The seed of the next initialiser: never 0, and far apart for neighbouring run seeds and layers. */
  #nextSeed(): number {
    return mix32(mix32(this.#seed) ^ ++this.#initializerCount) + 1;
  }
}
