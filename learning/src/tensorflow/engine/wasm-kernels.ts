/**
 * Gradients that tfjs's WebAssembly backend lacks, composed of the kernels that it has, so that
 * convolutional students train there too.
 *
 * Symbols: N batch, H W input size, P Q output size, K L filter size, C input channels, O output channels,
 * M channel multiplier, s stride. Inputs are padded first, so that every formula is without padding.
 * Dilation is 1: tfjs has no gradient of dilated convolutions.
 */
import type { Tensor, Tensor2D, Tensor4D, Tensor5D } from '@tensorflow/tfjs';
import type { Tf } from './tf.js';

type Pair = [number, number];
type Shape4 = [number, number, number, number];

interface ConvAttributes {
  readonly strides: number | Pair;
  readonly pad: 'valid' | 'same' | number | [Pair, Pair, Pair, Pair];
}
interface FilterGradientAttributes extends ConvAttributes {
  readonly filterShape: Shape4;
}
interface InputGradientAttributes extends ConvAttributes {
  readonly inputShape: Shape4;
}

/** Inputs and attributes that tfjs passes to a kernel, by kernel name; the shapes are its contract. */
interface Kernels {
  Conv2DBackpropFilter(
    inputs: { x: Tensor4D; dy: Tensor4D },
    attributes: FilterGradientAttributes,
  ): Tensor;
  DepthwiseConv2dNativeBackpropFilter(
    inputs: { x: Tensor4D; dy: Tensor4D },
    attributes: FilterGradientAttributes,
  ): Tensor;
  DepthwiseConv2dNativeBackpropInput(
    inputs: { dy: Tensor4D; filter: Tensor4D },
    attributes: InputGradientAttributes,
  ): Tensor;
  UnsortedSegmentSum(
    inputs: { x: Tensor; segmentIds: Tensor },
    attributes: { numSegments: number },
  ): Tensor;
}

/** Registers the kernels once; later calls change nothing. */
export function registerGradientKernels(tf: Tf): void {
  const kernels: Kernels = {
    Conv2DBackpropFilter: ({ x, dy }, attributes) => conv2dFilterGradient(tf, x, dy, attributes),
    DepthwiseConv2dNativeBackpropFilter: ({ x, dy }, attributes) =>
      depthwiseFilterGradient(tf, x, dy, attributes),
    DepthwiseConv2dNativeBackpropInput: ({ dy, filter }, attributes) =>
      depthwiseInputGradient(tf, dy, filter, attributes),
    UnsortedSegmentSum: ({ x, segmentIds }, { numSegments }) =>
      segmentSum(tf, x, segmentIds, numSegments),
  };
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, 'wasm') !== undefined) continue;
    const compute = kernel as (inputs: Record<string, Tensor>, attributes: unknown) => Tensor;
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      kernelFunc: ({ inputs, attrs }) =>
        tf.tidy(() => compute(inputs as Record<string, Tensor>, attrs)),
    });
  }
}

/**
 * `dF[k,l,c,o] = Σ_{n,p,q} x[n, p·s + k, q·s + l, c] · dy[n,p,q,o]`: a convolution in which channels are the
 * batch and samples the channels, and whose filter dy is dilated by s.
 */
function conv2dFilterGradient(
  tf: Tf,
  x: Tensor4D,
  dy: Tensor4D,
  attributes: FilterGradientAttributes,
): Tensor {
  const [K, L, C, O] = attributes.filterShape;
  const padded = padInput(tf, x, attributes, K, L);
  const gradient = tf.conv2d(
    tf.transpose(padded, [3, 1, 2, 0]),
    tf.transpose(dy, [1, 2, 0, 3]),
    1,
    'valid',
    'NHWC',
    pair(attributes.strides),
  );
  // Rows and columns behind the last full stride were never read: they would be taps K, L and beyond.
  return tf.transpose(tf.slice(gradient, [0, 0, 0, 0], [C, K, L, O]), [1, 2, 0, 3]);
}

/** `dF[k,l,c,m] = Σ_{n,p,q} x[n, p·s + k, q·s + l, c] · dy[n,p,q,c·M + m]`. */
function depthwiseFilterGradient(
  tf: Tf,
  x: Tensor4D,
  dy: Tensor4D,
  attributes: FilterGradientAttributes,
): Tensor {
  const [K, L, C, M] = attributes.filterShape;
  const [N, P, Q] = dy.shape;
  const [sh, sw] = pair(attributes.strides);
  const padded = padInput(tf, x, attributes, K, L);
  const dyByChannel = tf.reshape(dy, [N * P * Q, C, M]);
  const taps = filterTaps(K, L).map(([k, l]) => {
    const end = [N, k + (P - 1) * sh + 1, l + (Q - 1) * sw + 1, C];
    const seen = tf.stridedSlice(padded, [0, k, l, 0], end, [1, sh, sw, 1]);
    return tf.sum(tf.mul(tf.reshape(seen, [N * P * Q, C, 1]), dyByChannel), 0);
  });
  return tf.reshape(tf.stack(taps), [K, L, C, M]);
}

/** `dx[n, p·s + k, q·s + l, c] += Σ_m dy[n,p,q,c·M + m] · F[k,l,c,m]`, then the padding is cut off. */
function depthwiseInputGradient(
  tf: Tf,
  dy: Tensor4D,
  filter: Tensor4D,
  attributes: InputGradientAttributes,
): Tensor {
  const [K, L, C, M] = filter.shape;
  const [N, H, W] = attributes.inputShape;
  const [, P, Q] = dy.shape;
  const [rows, columns] = margins(attributes, H, W, K, L);
  const [paddedHeight, paddedWidth] = [H + rows[0] + rows[1], W + columns[0] + columns[1]];
  const dyByChannel = tf.reshape(dy, [N, P, Q, C, M]);
  const taps = filterTaps(K, L).map(([k, l]) => {
    const weights = tf.reshape(tf.slice(filter, [k, l, 0, 0], [1, 1, C, M]), [1, 1, 1, C, M]);
    const products = tf.sum<Tensor4D>(tf.mul(dyByChannel, weights), 4);
    const spread = spreadOut(tf, products, pair(attributes.strides));
    const [, height, width] = spread.shape;
    const below = paddedHeight - height - k;
    const right = paddedWidth - width - l;
    return tf.pad(spread, [[0, 0], [k, below], [l, right], [0, 0]]); // biome-ignore format: one pair a dimension
  });
  return tf.slice(tf.addN(taps), [0, rows[0], columns[0], 0], [N, H, W, C]);
}

/** `out[i] = Σ_{j: ids[j] = i} x[j]`, as a product with the one-hot ids. */
function segmentSum(tf: Tf, x: Tensor, ids: Tensor, segmentCount: number): Tensor {
  const flatIds = tf.reshape(ids, [ids.size]);
  const oneHot = tf.cast(tf.oneHot(flatIds, segmentCount), 'float32') as Tensor2D;
  const rows = tf.reshape(x, [ids.size, x.size / ids.size]) as Tensor2D;
  return tf.reshape(tf.matMul(oneHot, rows, true), [segmentCount, ...x.shape.slice(ids.rank)]);
}

/** Puts `s − 1` zeros between neighbours: [N, P, Q, C] → [N, (P−1)·s + 1, (Q−1)·s + 1, C]. */
function spreadOut(tf: Tf, x: Tensor4D, [sh, sw]: Pair): Tensor4D {
  if (sh === 1 && sw === 1) return x;
  const [N, P, Q, C] = x.shape;
  const apart = tf.reshape(x, [N, P, 1, Q, C]) as Tensor5D;
  const rows = tf.pad(apart, [[0, 0], [0, 0], [0, sh - 1], [0, 0], [0, 0]]); // biome-ignore format: one pair a dimension
  const rowsApart = tf.reshape(rows, [N, P * sh, Q, 1, C]) as Tensor5D;
  const both = tf.pad(rowsApart, [[0, 0], [0, 0], [0, 0], [0, sw - 1], [0, 0]]); // biome-ignore format: one pair a dimension
  const spread = tf.reshape(both, [N, P * sh, Q * sw, C]) as Tensor4D;
  return tf.slice(spread, [0, 0, 0, 0], [N, (P - 1) * sh + 1, (Q - 1) * sw + 1, C]);
}

function filterTaps(K: number, L: number): Pair[] {
  return Array.from({ length: K * L }, (_, i) => [Math.floor(i / L), i % L]);
}

function padInput(tf: Tf, x: Tensor4D, attributes: ConvAttributes, K: number, L: number): Tensor4D {
  const [, H, W] = x.shape;
  const [rows, columns] = margins(attributes, H, W, K, L);
  return tf.pad(x, [[0, 0], rows, columns, [0, 0]]);
}

/** Rows above and below, columns left and right of the input. */
function margins(
  { pad, strides }: ConvAttributes,
  H: number,
  W: number,
  K: number,
  L: number,
): [Pair, Pair] {
  if (pad === 'valid') return [[0, 0], [0, 0]]; // biome-ignore format: short
  if (typeof pad === 'number') return [[pad, pad], [pad, pad]]; // biome-ignore format: short
  if (pad !== 'same') return [pad[1], pad[2]];
  const [sh, sw] = pair(strides);
  return [samePadding(H, K, sh), samePadding(W, L, sw)];
}

/** TensorFlow's `same`: ⌈size / s⌉ outputs, an odd row at the end. */
function samePadding(size: number, filterSize: number, stride: number): Pair {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + filterSize - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

function pair(value: number | Pair): Pair {
  return typeof value === 'number' ? [value, value] : value;
}
