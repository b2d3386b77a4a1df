/**
 * Turns each kind of layer into ONNX operations. Values keep TensorFlow's order of dimensions, [N, H, W, C]. ONNX has
 * convolutions and pools only for [N, C, H, W], so these stand between two transpositions, which runtimes cancel.
 *
 * @see https://github.com/onnx/onnx/blob/v1.16.0/docs/Operators.md
 */
import type { GraphLayer } from './layer-graph.js';
import { axisOf, numbers, pair, refuseChannelsFirst, unsupported } from './layer-settings.js';
import type { OnnxGraph } from './onnx-graph.js';
import type { OnnxAttribute } from './onnx-messages.js';
import { transposed } from './transposed.js';

/** A weight of the model, row-major. */
export interface LayerWeight {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The output of a layer. */
export interface LayerValue {
  readonly name: string;
  /** How many dimensions it has, the batch included. */
  readonly rank: number;
}

/** What a layer needs to add its nodes. */
export interface LayerContext {
  readonly graph: OnnxGraph;
  /** Names of the values that the layer reads. */
  readonly inputs: readonly string[];
  /** How many dimensions each of these has, the batch included. */
  readonly ranks: readonly number[];
  /** A weight by the last part of its name. @throws {LyceumError} INVALID_ARGUMENT if there is none. */
  readonly weight: (name: string) => LayerWeight;
  /** Adds a kernel to the graph, quantized on request. `axis`: the kernel's dimension of output channels. */
  readonly kernel: (name: string, weight: LayerWeight, axis: number) => string;
}

type Emit = (layer: GraphLayer, context: LayerContext) => string;

/** Adds a layer. @returns its value. @throws {LyceumError} INVALID_ARGUMENT if ONNX has no such layer. */
export function emitLayer(layer: GraphLayer, context: LayerContext): LayerValue {
  const emit = EMITTERS[layer.className];
  if (emit === undefined) {
    const known = Object.keys(EMITTERS).join(', ');
    throw unsupported(layer, `there is no ONNX for it; known are ${known}`);
  }
  return { name: emit(layer, context), rank: rankOf(layer, context.ranks) };
}

/** How many dimensions the layer's value has. */
function rankOf(layer: GraphLayer, ranks: readonly number[]): number {
  switch (layer.className) {
    case 'Flatten':
    case 'GlobalAveragePooling2D':
    case 'GlobalMaxPooling2D':
      return 2;
    case 'Reshape':
      return 1 + numbers(layer, 'target_shape').length;
    default:
      return greatest(ranks);
  }
}

/** Not Math.max: a layer may have more inputs than a call may have arguments. */
const greatest = (ranks: readonly number[]) => ranks.reduce((x, y) => Math.max(x, y));

const only = (inputs: readonly string[]) => inputs[0] as string;

const passed: Emit = (_, { inputs }) => only(inputs);

const dense: Emit = (layer, { graph, inputs, weight, kernel }) => {
  const matrix = kernel(`${layer.name}_kernel`, weight('kernel'), 1);
  const product = graph.node('MatMul', [only(inputs), matrix]);
  return activated(layer, graph, withBias(layer, graph, product, weight));
};

const conv2d: Emit = (layer, { graph, inputs, weight, kernel }) => {
  const groups = Number(layer.config['groups'] ?? 1);
  if (groups !== 1) throw unsupported(layer, `it has ${groups} groups`);
  const { shape, values } = weight('kernel');
  const [height = 0, width = 0, inCount = 0, outCount = 0] = shape;
  const moved = {
    shape: [outCount, inCount, height, width],
    values: transposed(values, shape, [3, 2, 0, 1]),
  };
  const filters = kernel(`${layer.name}_kernel`, moved, 0);
  const attributes = dilated(layer, [height, width]);
  const y = channelsFirst(graph, only(inputs), (x) => graph.node('Conv', [x, filters], attributes));
  return activated(layer, graph, withBias(layer, graph, y, weight));
};

const depthwiseConv2d: Emit = (layer, context) => {
  const { graph, inputs, weight } = context;
  const y = channelsFirst(graph, only(inputs), (x) => depthwise(layer, context, x));
  return activated(layer, graph, withBias(layer, graph, y, weight));
};

/** A depthwise convolution, and one of 1 × 1 over all its channels. */
const separableConv2d: Emit = (layer, context) => {
  const { graph, inputs, weight, kernel } = context;
  const { shape, values } = weight('pointwise_kernel');
  const [, , inCount = 0, outCount = 0] = shape;
  const moved = {
    shape: [outCount, inCount, 1, 1],
    values: transposed(values, shape, [3, 2, 0, 1]),
  };
  const filters = kernel(`${layer.name}_pointwise`, moved, 0);
  const y = channelsFirst(graph, only(inputs), (x) =>
    graph.node('Conv', [depthwise(layer, context, x), filters]),
  );
  return activated(layer, graph, withBias(layer, graph, y, weight));
};

/** @param x - [N, C, H, W]. @returns the same, each channel convolved by itself. */
function depthwise(layer: GraphLayer, { graph, weight, kernel }: LayerContext, x: string): string {
  const { shape, values } = weight('depthwise_kernel');
  const [height = 0, width = 0, inCount = 0, multiplier = 0] = shape;
  const moved = {
    shape: [inCount * multiplier, 1, height, width],
    values: transposed(values, shape, [2, 3, 0, 1]),
  };
  const filters = kernel(`${layer.name}_kernel`, moved, 0);
  const attributes = { ...dilated(layer, [height, width]), group: inCount };
  return graph.node('Conv', [x, filters], attributes);
}

function pool(operation: 'MaxPool' | 'AveragePool'): Emit {
  return (layer, { graph, inputs }) => {
    const size = pair(layer, 'pool_size', [2, 2]);
    const attributes = { ...windowAttributes(layer, size), kernel_shape: size };
    return channelsFirst(graph, only(inputs), (x) => graph.node(operation, [x], attributes));
  };
}

function overImage(operation: 'ReduceMean' | 'ReduceMax'): Emit {
  return (layer, { graph, inputs }) => {
    refuseChannelsFirst(layer);
    // TensorFlow.js does not write `keepdims`; such layers do not keep these dimensions.
    return graph.node(operation, inputs, { axes: [1, 2], keepdims: 0 });
  };
}

const batchNormalization: Emit = (layer, { graph, inputs, ranks, weight }) => {
  const axis = axisOf(layer);
  const last = greatest(ranks) - 1;
  if (axis !== -1 && axis !== last) {
    throw unsupported(layer, `it normalises axis ${axis}; want the last, as -1 or ${last}`);
  }
  const mean = weight('moving_mean').values;
  const variance = weight('moving_variance').values;
  const gamma = layer.config['scale'] === false ? undefined : weight('gamma').values;
  const beta = layer.config['center'] === false ? undefined : weight('beta').values;
  const epsilon = Number(layer.config['epsilon'] ?? 1e-3);
  const factor = mean.map((_, c) => (gamma?.[c] ?? 1) / Math.sqrt((variance[c] ?? 0) + epsilon));
  const shift = mean.map((m, c) => (beta?.[c] ?? 0) - m * (factor[c] ?? 0));
  const factors = graph.float32(`${layer.name}_factor`, [mean.length], factor);
  const shifts = graph.float32(`${layer.name}_shift`, [mean.length], shift);
  return graph.node('Add', [graph.node('Mul', [only(inputs), factors]), shifts]);
};

const permute: Emit = (layer, { graph, inputs }) =>
  graph.node('Transpose', inputs, { perm: [0, ...numbers(layer, 'dims')] });

const reshape: Emit = (layer, { graph, inputs }) => {
  const shape = graph.int64(`${layer.name}_shape`, [0, ...numbers(layer, 'target_shape')]);
  return graph.node('Reshape', [only(inputs), shape]);
};

const zeroPadding2d: Emit = (layer, { graph, inputs }) => {
  const padding = layer.config['padding'];
  const sides = Array.isArray(padding) ? padding.flat() : [];
  const [top = 0, bottom = 0, left = 0, right = 0] = sides.map(Number);
  if (sides.length !== 4) throw unsupported(layer, `its padding is ${JSON.stringify(padding)}`);
  refuseChannelsFirst(layer);
  const pads = graph.int64(`${layer.name}_pads`, [0, top, left, 0, 0, bottom, right, 0]);
  return graph.node('Pad', [only(inputs), pads]);
};

const activation: Emit = (layer, { graph, inputs }) => activated(layer, graph, only(inputs));

const relu: Emit = (layer, { graph, inputs }) => {
  const { max_value: max, negative_slope: slope, threshold } = layer.config;
  if (Number(slope ?? 0) !== 0 || Number(threshold ?? 0) !== 0) {
    throw unsupported(layer, 'it has a slope or a threshold');
  }
  if ((max ?? null) === null) return graph.node('Relu', inputs);
  return clipped(graph, only(inputs), Number(max));
};

const leakyRelu: Emit = (layer, { graph, inputs }) =>
  // TensorFlow.js takes 0.3 if it is missing, ONNX 0.01.
  graph.node('LeakyRelu', inputs, { alpha: { float: Number(layer.config['alpha'] ?? 0.3) } });

const rescaling: Emit = (layer, { graph, inputs }) => {
  const constant = (key: string) => {
    const values = [layer.config[key] ?? 0].flat();
    if (!values.every((value) => typeof value === 'number')) {
      throw unsupported(layer, `its ${key} is ${JSON.stringify(layer.config[key])}`);
    }
    const isOne = typeof layer.config[key] !== 'object';
    return graph.float32(`${layer.name}_${key}`, isOne ? [] : [values.length], Float32Array.from(values)); // biome-ignore format: short
  };
  return graph.node('Add', [graph.node('Mul', [only(inputs), constant('scale')]), constant('offset')]); // biome-ignore format: short
};

/** As in Keras: a value with fewer dimensions gets the missing ones behind the batch. */
function chained(operation: 'Add' | 'Mul'): Emit {
  return (layer, { graph, inputs, ranks }) => {
    const rank = greatest(ranks);
    const values = inputs.map((x, i) => {
      const lacking = Array.from({ length: rank - (ranks[i] ?? rank) }, (_, d) => d + 1);
      if (lacking.length === 0) return x;
      return graph.node('Unsqueeze', [x, graph.int64(`${layer.name}_axes`, lacking)]);
    });
    return values.reduce((x, y) => graph.node(operation, [x, y]));
  };
}

const concatenate: Emit = (layer, { graph, inputs }) => {
  const axis = axisOf(layer);
  // TensorFlow.js takes this axis for the last one, Keras does not.
  if (axis < -1) throw unsupported(layer, `its axis is ${axis}`);
  return graph.node('Concat', inputs, { axis });
};

const flatten: Emit = (layer, { graph, inputs }) => {
  refuseChannelsFirst(layer);
  return graph.node('Flatten', inputs, { axis: 1 });
};

const EMITTERS: Readonly<Record<string, Emit>> = {
  Activation: activation,
  Add: chained('Add'),
  AveragePooling2D: pool('AveragePool'),
  BatchNormalization: batchNormalization,
  Concatenate: concatenate,
  Conv2D: conv2d,
  Dense: dense,
  DepthwiseConv2D: depthwiseConv2d,
  Dropout: passed,
  Flatten: flatten,
  GaussianDropout: passed,
  GaussianNoise: passed,
  GlobalAveragePooling2D: overImage('ReduceMean'),
  GlobalMaxPooling2D: overImage('ReduceMax'),
  LeakyReLU: leakyRelu,
  MaxPooling2D: pool('MaxPool'),
  Multiply: chained('Mul'),
  Permute: permute,
  ReLU: relu,
  Rescaling: rescaling,
  Reshape: reshape,
  SeparableConv2D: separableConv2d,
  Softmax: (layer, { graph, inputs }) => graph.node('Softmax', inputs, { axis: axisOf(layer) }),
  ZeroPadding2D: zeroPadding2d,
};

type Activate = (graph: OnnxGraph, x: string) => string;

function by(operation: string, attributes: Readonly<Record<string, OnnxAttribute>> = {}): Activate {
  return (graph, x) => graph.node(operation, [x], attributes);
}

/** By the names of tfjs and Keras. */
const ACTIVATIONS: Readonly<Record<string, Activate>> = {
  elu: by('Elu'),
  // As TensorFlow.js computes it; the check of models refuses that of Keras 3, which is another.
  hard_sigmoid: by('HardSigmoid', { alpha: { float: 0.2 }, beta: { float: 0.5 } }),
  relu: by('Relu'),
  relu6: (graph, x) => clipped(graph, x, 6),
  selu: by('Selu'),
  sigmoid: by('Sigmoid'),
  softmax: by('Softmax', { axis: -1 }),
  softplus: by('Softplus'),
  softsign: by('Softsign'),
  swish: (graph, x) => graph.node('Mul', [x, graph.node('Sigmoid', [x])]),
  tanh: by('Tanh'),
};

function activated(layer: GraphLayer, graph: OnnxGraph, x: string): string {
  const name = String(layer.config['activation'] ?? 'linear');
  if (name === 'linear') return x;
  const activate = ACTIVATIONS[name];
  if (activate === undefined) {
    const known = ['linear', ...Object.keys(ACTIVATIONS)].join(', ');
    throw unsupported(layer, `its activation is ${name}; known are ${known}`);
  }
  return activate(graph, x);
}

/** max(0, min(x, most)) */
function clipped(graph: OnnxGraph, x: string, most: number): string {
  const bounds = [0, most].map((value) => graph.float32('bound', [], Float32Array.of(value)));
  return graph.node('Clip', [x, ...bounds]);
}

function withBias(
  layer: GraphLayer,
  graph: OnnxGraph,
  x: string,
  weight: LayerContext['weight'],
): string {
  if (layer.config['use_bias'] === false) return x;
  const { shape, values } = weight('bias');
  return graph.node('Add', [x, graph.float32(`${layer.name}_bias`, shape, values)]);
}

function channelsFirst(graph: OnnxGraph, x: string, middle: (x: string) => string): string {
  const first = graph.node('Transpose', [x], { perm: [0, 3, 1, 2] });
  return graph.node('Transpose', [middle(first)], { perm: [0, 2, 3, 1] });
}

/** @param defaultStrides - the size of a pool. */
function windowAttributes(
  layer: GraphLayer,
  defaultStrides: readonly number[] = [1, 1],
): Record<string, OnnxAttribute> {
  refuseChannelsFirst(layer);
  const padding = layer.config['padding'] ?? 'valid';
  if (padding !== 'same' && padding !== 'valid') {
    throw unsupported(layer, `its padding is ${JSON.stringify(padding)}`);
  }
  return {
    strides: pair(layer, 'strides', defaultStrides),
    // If padding is uneven, TensorFlow pads more at the end.
    auto_pad: padding === 'same' ? 'SAME_UPPER' : 'VALID',
  };
}

/**
 * For dilated kernels ONNX Runtime needs explicit padding. Their strides are 1, so padding does not depend on the
 * input's size.
 */
function dilated(
  layer: GraphLayer,
  kernel: readonly [number, number],
): Record<string, OnnxAttribute> {
  const dilations = pair(layer, 'dilation_rate', [1, 1]);
  const attributes = { ...windowAttributes(layer), kernel_shape: kernel, dilations };
  const isPadded = layer.config['padding'] === 'same' && dilations.some((rate) => rate > 1);
  if (!isPadded) return attributes;
  const sums = kernel.map((size, d) => (size - 1) * (dilations[d] ?? 1));
  const pads = [...sums.map((sum) => sum >> 1), ...sums.map((sum) => (sum + 1) >> 1)];
  return { ...attributes, auto_pad: 'NOTSET', pads };
}
