/**
 * The built-in student architectures. Every one ends in logits, [B, classCount], and has its initial weights
 * from the run's seed alone: the same on every engine.
 *
 * Layers have fixed names, so that equal students are saved as equal bytes. Seeds of initialisers are never
 * 0, which tfjs takes for "unseeded".
 */
import { LyceumError } from '@lyceum/proto';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs';
import { mix32 } from '../arrays/index.js';
import type { StudentModelSettings } from '../specification/index.js';
import type { Engine, Tf } from './engine/index.js';

export type ArchitectureSettings = Extract<StudentModelSettings, { architecture: string }>;

/**
 * @param sampleShape - [height, width, channels], or [features], which `mlp` and `embedding-bag` take.
 * @throws {LyceumError} INVALID_ARGUMENT if the architecture does not fit the samples.
 */
export function buildStudent(
  { tf }: Engine,
  settings: ArchitectureSettings,
  sampleShape: readonly number[],
  classCount: number,
  seed: number,
): LayersModel {
  const layers = new SeededLayers(tf, seed);
  const input = tf.input({ shape: [...sampleShape], name: 'input' });
  const features = hiddenLayers(layers, input, settings, sampleShape);
  const logits = layers.dense(features, classCount, 'logits');
  return tf.model({ inputs: input, outputs: logits, name: settings.architecture });
}

function hiddenLayers(
  layers: SeededLayers,
  input: SymbolicTensor,
  settings: ArchitectureSettings,
  sampleShape: readonly number[],
): SymbolicTensor {
  if (settings.architecture === 'mlp') {
    return mlp(layers, sampleShape.length === 1 ? input : layers.flatten(input), settings);
  }
  if (settings.architecture === 'embedding-bag') {
    return embeddingBag(layers, input, settings, sampleShape);
  }
  const { architecture } = settings;
  const size = smallestSide(settings);
  const [height = 0, width = 0] = sampleShape;
  if (sampleShape.length !== 3 || height < size || width < size) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `architecture ${architecture} needs samples [height, width, channels] of at least ${size} × ${size}; ` +
        `this data set has [${sampleShape}]`,
    );
  }
  switch (architecture) {
    case 'lenet':
      return lenet(layers, input);
    case 'conv':
      return conv(layers, input, settings);
    case 'resnet':
      return resnet(layers, input, settings.depth);
  }
}

/** The smallest image that no pooling shrinks to nothing. */
function smallestSide(
  settings: Extract<ArchitectureSettings, { architecture: 'lenet' | 'conv' | 'resnet' }>,
): number {
  switch (settings.architecture) {
    case 'lenet':
      return 12;
    case 'conv':
      return 2 ** settings.filters.length;
    case 'resnet':
      return 4;
  }
}

/** Fully connected layers with ReLU, each followed by dropout where its rate is above 0. */
function mlp(
  layers: SeededLayers,
  input: SymbolicTensor,
  { hiddenUnits, dropout }: Extract<ArchitectureSettings, { architecture: 'mlp' }>,
): SymbolicTensor {
  return hiddenUnits.reduce((x, units, index) => {
    const hidden = layers.dense(x, units, `dense_${index + 1}`, 'relu');
    return dropout === 0 ? hidden : layers.dropout(hidden, dropout, `dropout_${index + 1}`);
  }, input);
}

/**
 * The sum of one vector for each number of a sample, times that number. For an encoded text these are the vectors of
 * its n-grams, looked up and added, which is a fully connected layer without bias. Then layers with ReLU, if any.
 *
 * @see Joulin, Grave, Bojanowski & Mikolov 2017, §2, https://arxiv.org/abs/1607.01759
 */
function embeddingBag(
  layers: SeededLayers,
  input: SymbolicTensor,
  { dimension, hiddenUnits }: Extract<ArchitectureSettings, { architecture: 'embedding-bag' }>,
  sampleShape: readonly number[],
): SymbolicTensor {
  if (sampleShape.length !== 1) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `architecture embedding-bag needs flat samples, of texts above all; this data set has [${sampleShape}]`,
    );
  }
  return hiddenUnits.reduce(
    (x, units, index) => layers.dense(x, units, `dense_${index + 1}`, 'relu'),
    layers.embedding(input, dimension),
  );
}

/**
 * LeNet-5 as it is built today, with ReLU and maximum pooling: 61,706 parameters on 28 × 28 × 1, 10 classes.
 *
 * @see LeCun, Bottou, Bengio & Haffner 1998, §II.B, https://doi.org/10.1109/5.726791
 */
function lenet(layers: SeededLayers, input: SymbolicTensor): SymbolicTensor {
  let x = layers.conv(input, { filters: 6, size: 5, name: 'conv_1' });
  x = layers.pool(x, 'pool_1');
  x = layers.conv(x, { filters: 16, size: 5, padding: 'valid', name: 'conv_2' });
  x = layers.flatten(layers.pool(x, 'pool_2'));
  x = layers.dense(x, 120, 'dense_1', 'relu');
  return layers.dense(x, 84, 'dense_2', 'relu');
}

/** Blocks of 3 × 3 convolution, ReLU and 2 × 2 pooling, then fully connected layers. */
function conv(
  layers: SeededLayers,
  input: SymbolicTensor,
  { filters, denseUnits }: Extract<ArchitectureSettings, { architecture: 'conv' }>,
): SymbolicTensor {
  const pooled = filters.reduce((x, count, index) => {
    const features = layers.conv(x, { filters: count, size: 3, name: `conv_${index + 1}` });
    return layers.pool(features, `pool_${index + 1}`);
  }, input);
  return denseUnits.reduce(
    (x, units, index) => layers.dense(x, units, `dense_${index + 1}`, 'relu'),
    layers.flatten(pooled),
  );
}

/**
 * ResNet of 6n + 2 layers: 16, 32 and 64 filters, n blocks each, identity shortcuts that skip every second
 * pixel and fill new channels with zeros (option A), global average.
 *
 * @see He, Zhang, Ren & Sun 2016, §4.2, https://arxiv.org/abs/1512.03385
 */
function resnet(layers: SeededLayers, input: SymbolicTensor, depth: number): SymbolicTensor {
  const blocksPerStage = (depth - 2) / 6;
  let x = layers.normalizedConv(input, { filters: 16, stride: 1, name: 'stem' });
  x = layers.relu(x, 'stem_relu');
  for (const [stage, filters] of [16, 32, 64].entries()) {
    for (let block = 0; block < blocksPerStage; block++) {
      const name = `stage_${stage + 1}_block_${block + 1}`;
      const stride = stage > 0 && block === 0 ? 2 : 1;
      let residual = layers.normalizedConv(x, { filters, stride, name: `${name}_conv_1` });
      residual = layers.relu(residual, `${name}_relu_1`);
      residual = layers.normalizedConv(residual, { filters, stride: 1, name: `${name}_conv_2` });
      const shortcut = stride === 1 ? x : layers.narrowShortcut(x, filters / 4, `${name}_shortcut`);
      x = layers.relu(layers.add(shortcut, residual, `${name}_add`), `${name}_relu_2`);
    }
  }
  return layers.globalAverage(x);
}

/** The layers of tfjs with this project's choices, and a seed of its own for each initialiser. */
class SeededLayers {
  readonly #tf: Tf;
  readonly #seed: number;
  #initializerCount = 0;

  constructor(tf: Tf, seed: number) {
    this.#tf = tf;
    this.#seed = seed;
  }

  dense(x: SymbolicTensor, units: number, name: string, activation?: 'relu'): SymbolicTensor {
    const kernelInitializer = this.#glorotUniform();
    const layer = this.#tf.layers.dense({
      units,
      name,
      kernelInitializer,
      ...(activation && { activation }),
    });
    return layer.apply(x) as SymbolicTensor;
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
    return this.#tf.layers.flatten({ name: 'flatten' }).apply(x) as SymbolicTensor;
  }

  conv(
    x: SymbolicTensor,
    {
      filters,
      size,
      name,
      padding = 'same',
    }: { filters: number; size: number; name: string; padding?: 'same' | 'valid' },
  ): SymbolicTensor {
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

  /** 3 × 3 convolution without bias, then batch normalisation. */
  normalizedConv(
    x: SymbolicTensor,
    { filters, stride, name }: { filters: number; stride: number; name: string },
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

  /**
   * Every second pixel, and `extra` channels of zeros on both sides. Zero padding is for the first two
   * dimensions only, hence the permutations.
   */
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
