/**
 * The shape of a layer's output, told from its class and configuration as TensorFlow.js and Keras 2 write them.
 *
 * Shapes are of one sample, channels last. Only certain shapes are told; a class that is not known here has no shape.
 */
import { elementCount } from '@lyceum/proto';
import { isObject } from '../../files/index.js';

/** undefined: not known. */
export type LayerShape = readonly number[] | undefined;

export type LayerConfig = Readonly<Record<string, unknown>>;

type ShapeRule = (inputs: readonly (readonly number[])[], config: LayerConfig) => LayerShape;

/** @param inputs - shapes of the values that the layer reads. */
export function layerShape(
  className: string,
  config: LayerConfig,
  inputs: readonly LayerShape[],
): LayerShape {
  const known = inputs.filter((shape) => shape !== undefined);
  if (known.length !== inputs.length || config['data_format'] === 'channels_first')
    return undefined;
  const shape = SHAPE_RULES[className]?.(known, config);
  return shape?.every((n) => Number.isInteger(n) && n > 0) === true ? shape : undefined;
}

/** A rule for layers with one input. */
function oneInput(rule: (input: readonly number[], config: LayerConfig) => LayerShape): ShapeRule {
  return ([input], config) => (input === undefined ? undefined : rule(input, config));
}

/** The rule for layers whose inputs all have one shape, which is the output's too. */
const sameShape: ShapeRule = ([first, ...others]) =>
  others.every((shape) => String(shape) === String(first)) ? first : undefined;

/** The rule for windows that slide along all but the last dimension. */
function windows(sizeField: string, channels: (input: number, config: LayerConfig) => unknown) {
  return oneInput((input, config) => {
    const [sizes, dilations] = [pair(config[sizeField]), pair(config['dilation_rate'] ?? 1)];
    // A pool's stride is its size, unless it says otherwise.
    const strides = pair(config['strides'] ?? (sizeField === 'pool_size' ? config[sizeField] : 1));
    const [height = 0, width = 0, depth = 0] = input;
    if (input.length !== 3) return undefined;
    const side = (from: number, axis: 0 | 1) => {
      if (config['padding'] === 'same') return Math.ceil(from / strides[axis]);
      const extent = (sizes[axis] - 1) * dilations[axis] + 1;
      return Math.floor((from - extent) / strides[axis]) + 1;
    };
    return [side(height, 0), side(width, 1), Number(channels(depth, config))];
  });
}

const convolved = windows('kernel_size', (_, { filters }) => filters);
const pooled = windows('pool_size', (depth) => depth);
const depthwise = windows(
  'kernel_size',
  (depth, config) => depth * Number(config['depth_multiplier'] ?? 1),
);
const perChannel = oneInput((input) => input.slice(-1));

const SHAPE_RULES: Readonly<Record<string, ShapeRule>> = {
  ...Object.fromEntries(
    [
      ...['Activation', 'ReLU', 'LeakyReLU', 'PReLU', 'ELU', 'ThresholdedReLU', 'Softmax'],
      ...['Dropout', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout'],
      ...['BatchNormalization', 'LayerNormalization', 'Rescaling'],
      ...['Add', 'Multiply', 'Average', 'Maximum', 'Minimum'],
    ].map((className) => [className, sameShape]),
  ),
  Dense: oneInput((input, { units }) => [...input.slice(0, -1), Number(units)]),
  Conv2D: convolved,
  SeparableConv2D: convolved,
  DepthwiseConv2D: depthwise,
  MaxPooling2D: pooled,
  AveragePooling2D: pooled,
  GlobalAveragePooling2D: perChannel,
  GlobalMaxPooling2D: perChannel,
  Flatten: oneInput((input) => [elementCount(input)]),
  // An open dimension stays open: tfjs does not tell it either.
  Reshape: oneInput((_, config) => numbers(config['target_shape'])),
  // Dimensions count from 1.
  Permute: oneInput((input, config) => numbers(config['dims']).map((d) => input[d - 1] ?? 0)),
  ZeroPadding2D: oneInput(([height = 0, width = 0, depth = 0], config) => {
    const [rows, columns] = Array.isArray(config['padding']) ? config['padding'] : [1, 1];
    return [height + sum(rows), width + sum(columns), depth];
  }),
  UpSampling2D: oneInput(([height = 0, width = 0, depth = 0], config) => {
    const [rows, columns] = pair(config['size']);
    return [height * rows, width * columns, depth];
  }),
  Concatenate: (inputs, config) => {
    const [first = []] = inputs;
    const axis = Number(config['axis'] ?? -1);
    // The axis counts the batch's dimension, from the front or from the back.
    const at = axis < 0 ? first.length + axis : axis - 1;
    const total = inputs.reduce((n, shape) => n + (shape[at] ?? 0), 0);
    return first.map((n, i) => (i === at ? total : n));
  },
};

/** Both sides in `2` or `[2, 2]`. */
function pair(value: unknown): readonly [number, number] {
  const [first, second = first] = Array.isArray(value) ? value.map(Number) : [Number(value)];
  return [first as number, second as number];
}

/** The sum of `1` on both sides, or of `[before, after]`. */
function sum(padding: unknown): number {
  const [before, after] = pair(padding);
  return before + after;
}

function numbers(value: unknown): number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}

/**
 * The shape that an input layer, or a Sequential's first layer, declares; undefined where it leaves some of it open.
 */
export function declaredShape(config: LayerConfig): LayerShape {
  const shape: unknown = config['batch_input_shape'] ?? config['batch_shape'];
  if (!Array.isArray(shape) || shape.length < 2) return undefined;
  const sample: unknown[] = shape.slice(1);
  return sample.every((n) => Number.isInteger(n) && Number(n) > 0)
    ? (sample as number[])
    : undefined;
}

/** A layer as a topology describes it. */
export interface RawLayer {
  readonly name: string;
  readonly className: string;
  readonly config: LayerConfig;
}

/** @returns undefined if it is no layer. */
export function rawLayer(raw: unknown): RawLayer | undefined {
  if (!isObject(raw) || !isObject(raw['config'])) return undefined;
  const { config } = raw;
  return { name: String(config['name']), className: String(raw['class_name']), config };
}
