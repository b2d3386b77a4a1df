/** The layers of an architecture with their shapes, told without TensorFlow: `buildStudent` builds the same. */
import {
  type ArchitectureSettings,
  architectureOf,
  type Convolution,
  type Layers,
  type NormalizedConvolution,
} from '../../architectures/index.js';
import { type LayerConfig, type LayerShape, layerShape } from './layer-shapes.js';
import type { LayerDescription } from './model-layers.js';

/** The layers without the input. Shapes are absent if the architecture does not fit the samples. */
export function architectureLayers(
  settings: ArchitectureSettings,
  sampleShape: readonly number[],
  classCount: number,
): LayerDescription[] {
  return outlined(settings, sampleShape, classCount).outline.layers;
}

/**
 * How many numbers the student learns or keeps, as `buildStudent` builds it; undefined if it does not fit the samples.
 */
export function architectureParameterCount(
  settings: ArchitectureSettings,
  sampleShape: readonly number[],
  classCount: number,
): number | undefined {
  const { outline, logits } = outlined(settings, sampleShape, classCount);
  return logits === undefined ? undefined : outline.parameterCount;
}

function outlined(
  settings: ArchitectureSettings,
  sampleShape: readonly number[],
  classCount: number,
) {
  const { needs, hidden } = architectureOf(settings);
  const outline = new Outline();
  const input = needs?.(sampleShape, settings) === undefined ? sampleShape : undefined;
  const features = hidden<LayerShape>(outline, input, settings);
  return { outline, logits: outline.note('logits', 'Dense', { units: classCount }, features) };
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
class Outline implements Layers<LayerShape> {
  readonly layers: LayerDescription[] = [];
  /** Parameters of the layers whose shapes are known. */
  parameterCount = 0;

  note(name: string, className: string, config: LayerConfig, ...inputs: LayerShape[]): LayerShape {
    const shape = layerShape(className, config, inputs);
    this.parameterCount += layerParameters(className, config, inputs[0], shape);
    this.layers.push(shape === undefined ? { name } : { name, shape });
    return shape;
  }

  dense(x: LayerShape, units: number, name: string): LayerShape {
    return this.note(name, 'Dense', { units }, x);
  }

  embedding(x: LayerShape, dimension: number): LayerShape {
    return this.note('embedding', 'Dense', { units: dimension, use_bias: false }, x);
  }

  dropout(x: LayerShape, _rate: number, name: string): LayerShape {
    return this.note(name, 'Dropout', {}, x);
  }

  flatten(x: LayerShape): LayerShape {
    return x?.length === 1 ? x : this.note('flatten', 'Flatten', {}, x);
  }

  conv(x: LayerShape, { filters, size, name, padding = 'same' }: Convolution): LayerShape {
    return this.note(name, 'Conv2D', { filters, kernel_size: size, padding }, x);
  }

  pool(x: LayerShape, name: string): LayerShape {
    return this.note(name, 'MaxPooling2D', { pool_size: 2 }, x);
  }

  normalizedConv(x: LayerShape, { filters, stride, name }: NormalizedConvolution): LayerShape {
    const config = { filters, kernel_size: 3, strides: stride, padding: 'same', use_bias: false };
    return this.note(
      `${name}_norm`,
      'BatchNormalization',
      {},
      this.note(name, 'Conv2D', config, x),
    );
  }

  relu(x: LayerShape, name: string): LayerShape {
    return this.note(name, 'Activation', {}, x);
  }

  add(a: LayerShape, b: LayerShape, name: string): LayerShape {
    return this.note(name, 'Add', {}, a, b);
  }

  narrowShortcut(x: LayerShape, extra: number, name: string): LayerShape {
    const channelsLast = { dims: [1, 3, 2] };
    let shape = this.note(`${name}_skip`, 'AveragePooling2D', { pool_size: 1, strides: 2 }, x);
    shape = this.note(`${name}_channels_second`, 'Permute', channelsLast, shape);
    const padding = [
      [0, 0],
      [extra, extra],
    ];
    shape = this.note(`${name}_pad`, 'ZeroPadding2D', { padding }, shape);
    return this.note(`${name}_channels_last`, 'Permute', channelsLast, shape);
  }

  globalAverage(x: LayerShape): LayerShape {
    return this.note('global_average', 'GlobalAveragePooling2D', {}, x);
  }
}
