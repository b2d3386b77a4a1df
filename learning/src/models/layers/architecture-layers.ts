/**
 * The layers of the built-in architectures with their shapes, told without TensorFlow: `buildStudent` builds the same
 * layers, by name and in order.
 */
import type { StudentModelSettings } from '../../specification/index.js';
import { type LayerConfig, type LayerShape, layerShape } from './layer-shapes.js';
import type { LayerDescription } from './model-layers.js';

type ArchitectureSettings = Extract<StudentModelSettings, { architecture: string }>;

/** The layers without the input. A shape is absent if the architecture does not fit the samples. */
export function architectureLayers(
  settings: ArchitectureSettings,
  sampleShape: readonly number[],
  classCount: number,
): LayerDescription[] {
  const outline = new Outline();
  const features = hiddenLayers(outline, sampleShape, settings);
  outline.add('logits', 'Dense', { units: classCount }, features);
  return outline.layers;
}

/**
 * How many numbers the student learns or keeps, as `buildStudent` builds it; undefined if it does not fit the samples.
 */
export function architectureParameterCount(
  settings: ArchitectureSettings,
  sampleShape: readonly number[],
  classCount: number,
): number | undefined {
  const outline = new Outline();
  const features = hiddenLayers(outline, sampleShape, settings);
  const logits = outline.add('logits', 'Dense', { units: classCount }, features);
  return logits === undefined ? undefined : outline.parameterCount;
}

function hiddenLayers(
  outline: Outline,
  input: readonly number[],
  settings: ArchitectureSettings,
): LayerShape {
  switch (settings.architecture) {
    case 'mlp': {
      const { hiddenUnits, dropout } = settings;
      const flat = input.length === 1 ? input : outline.flatten(input);
      return hiddenUnits.reduce<LayerShape>((x, units, index) => {
        const hidden = outline.dense(x, units, index);
        if (dropout === 0) return hidden;
        return outline.add(`dropout_${index + 1}`, 'Dropout', {}, hidden);
      }, flat);
    }
    case 'lenet': {
      let x = outline.conv('conv_1', { filters: 6, size: 5 }, input);
      x = outline.pool(x, 0);
      x = outline.conv('conv_2', { filters: 16, size: 5, padding: 'valid' }, x);
      x = outline.flatten(outline.pool(x, 1));
      return outline.dense(outline.dense(x, 120, 0), 84, 1);
    }
    case 'conv': {
      const { filters, denseUnits } = settings;
      const pooled = filters.reduce<LayerShape>((x, count, index) => {
        const features = outline.conv(`conv_${index + 1}`, { filters: count, size: 3 }, x);
        return outline.pool(features, index);
      }, input);
      const flat = outline.flatten(pooled);
      return denseUnits.reduce<LayerShape>(
        (x, units, index) => outline.dense(x, units, index),
        flat,
      );
    }
    case 'resnet':
      return resnet(outline, input, settings.depth);
    case 'embedding-bag': {
      const { dimension, hiddenUnits } = settings;
      const flat = input.length === 1 ? input : undefined;
      return hiddenUnits.reduce<LayerShape>(
        (x, units, index) => outline.dense(x, units, index),
        outline.add('embedding', 'Dense', { units: dimension, use_bias: false }, flat),
      );
    }
  }
}

function resnet(outline: Outline, input: LayerShape, depth: number): LayerShape {
  let x = outline.normalizedConv('stem', { filters: 16, size: 3 }, input);
  x = outline.relu('stem_relu', x);
  for (const [stage, filters] of [16, 32, 64].entries()) {
    for (let block = 0; block < (depth - 2) / 6; block++) {
      const name = `stage_${stage + 1}_block_${block + 1}`;
      const stride = stage > 0 && block === 0 ? 2 : 1;
      let residual = outline.normalizedConv(`${name}_conv_1`, { filters, size: 3, stride }, x);
      residual = outline.relu(`${name}_relu_1`, residual);
      residual = outline.normalizedConv(`${name}_conv_2`, { filters, size: 3 }, residual);
      const shortcut =
        stride === 1 ? x : outline.narrowShortcut(`${name}_shortcut`, filters / 4, x);
      const sum = outline.add(`${name}_add`, 'Add', {}, shortcut, residual);
      x = outline.relu(`${name}_relu_2`, sum);
    }
  }
  return outline.add('global_average', 'GlobalAveragePooling2D', {}, x);
}

interface Convolution {
  readonly filters: number;
  readonly size: number;
  readonly stride?: number;
  readonly padding?: 'same' | 'valid';
  readonly bias?: boolean;
}

/** How many parameters a layer has: kernel and bias, or scale, offset, mean and variance of each channel. */
function layerParameters(
  className: string,
  config: LayerConfig,
  input: LayerShape,
  output: LayerShape,
): number {
  const [from, to] = [input?.at(-1) ?? 0, output?.at(-1) ?? 0];
  const biases = config['use_bias'] === false ? 0 : to;
  switch (className) {
    case 'Dense':
      return from * to + biases;
    case 'Conv2D':
      return Number(config['kernel_size']) ** 2 * from * to + biases;
    case 'BatchNormalization':
      return 4 * to;
    default:
      return 0;
  }
}

/** Notes each layer down, and tells the shape of its output. */
class Outline {
  readonly layers: LayerDescription[] = [];
  /** Parameters of the layers whose shapes are known. */
  parameterCount = 0;

  add(name: string, className: string, config: LayerConfig, ...inputs: LayerShape[]): LayerShape {
    const shape = layerShape(className, config, inputs);
    this.parameterCount += layerParameters(className, config, inputs[0], shape);
    this.layers.push(shape === undefined ? { name } : { name, shape });
    return shape;
  }

  dense(x: LayerShape, units: number, index: number): LayerShape {
    return this.add(`dense_${index + 1}`, 'Dense', { units }, x);
  }

  flatten(x: LayerShape): LayerShape {
    return this.add('flatten', 'Flatten', {}, x);
  }

  conv(
    name: string,
    { filters, size, stride = 1, padding = 'same', bias = true }: Convolution,
    x: LayerShape,
  ): LayerShape {
    const config = { filters, kernel_size: size, strides: stride, padding, use_bias: bias };
    return this.add(name, 'Conv2D', config, x);
  }

  pool(x: LayerShape, index: number): LayerShape {
    return this.add(`pool_${index + 1}`, 'MaxPooling2D', { pool_size: 2 }, x);
  }

  normalizedConv(name: string, convolution: Convolution, x: LayerShape): LayerShape {
    const features = this.conv(name, { ...convolution, bias: false }, x);
    return this.add(`${name}_norm`, 'BatchNormalization', {}, features);
  }

  relu(name: string, x: LayerShape): LayerShape {
    return this.add(name, 'Activation', {}, x);
  }

  narrowShortcut(name: string, extra: number, x: LayerShape): LayerShape {
    const channelsLast = { dims: [1, 3, 2] };
    let shape = this.add(`${name}_skip`, 'AveragePooling2D', { pool_size: 1, strides: 2 }, x);
    shape = this.add(`${name}_channels_second`, 'Permute', channelsLast, shape);
    const padding = [
      [0, 0],
      [extra, extra],
    ];
    shape = this.add(`${name}_pad`, 'ZeroPadding2D', { padding }, shape);
    return this.add(`${name}_channels_last`, 'Permute', channelsLast, shape);
  }
}
