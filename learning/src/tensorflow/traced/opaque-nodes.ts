/**
 * Keeps TensorFlow's graph optimiser from rearranging arithmetic.
 *
 * Where it sees a product or sum of several terms, or a number that it knows, it computes in another order —
 * `(x · c₁) / c₂` as `x · (c₁ / c₂)`, `(x · a) · b` as `x · (a · b)` — which changes the last bits. So values that
 * arithmetic hands to arithmetic pass a node that changes nothing and that the optimiser does not look through. Each
 * node costs less than a microsecond a step. All other changes are allowed: folding shapes, fusing a convolution with
 * its bias.
 *
 * It also sorts the inputs of a sum by the names of their nodes. So each input of a sum passes a node of its own that is
 * named by its place.
 *
 * It fuses operations too. With oneDNN, which TensorFlow uses on some processors, the outcome may have other last bits:
 * a convolution with a normalisation, or with a bias and ELU. So on a processor every value passes such a node, except
 * where fusing is exact and saves much: into a bias, ReLU, and the gradient of a pooling.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/v2.16.1/tensorflow/core/grappler/optimizers/arithmetic_optimizer.cc
 * @see https://github.com/tensorflow/tensorflow/blob/v2.16.1/tensorflow/core/grappler/optimizers/constant_folding.cc
 */
import { DT } from '../engine/index.js';
import { type GraphNode, shapeAttribute, typeAttribute } from './graph-messages.js';
import type { RecordedOperation, Recording, Source, TensorType } from './recording.js';

/** Operations that the optimiser rearranges, and casts and reshapes, which it looks through. Each has one output. */
const ARITHMETIC: ReadonlySet<string> = new Set([
  'Add',
  'AddN',
  'AddV2',
  'Cast',
  'Div',
  'Mul',
  'Neg',
  'Pow',
  'RealDiv',
  'Reshape',
  'Rsqrt',
  'Sqrt',
  'Square',
  'Sub',
]);

/** Operations that are fused with a bias, and the bias. */
const WITH_BIAS: ReadonlySet<string> = new Set(['Conv2D', 'DepthwiseConv2dNative', 'MatMul']);
const BIAS: ReadonlySet<string> = new Set(['Add', 'AddV2', 'BiasAdd']);
/** These round nothing. The gradient of a pooling takes the places of the maxima from the pooling. */
const EXACT: ReadonlySet<string> = new Set(['MaxPoolGrad', 'Relu', 'Relu6']);

/** Adds any number of tensors, in the order of its inputs. */
const SUM = 'AddN';

/**
 * The name of an opaque node: before a sum it sorts by its place there, before others it may serve several.
 *
 * @param index - of the consumer among the recording's operations.
 * @param place - of the input among the consumer's.
 */
export function opaqueName(
  source: Source,
  consumer: RecordedOperation,
  index: number,
  place: number,
): string {
  if (consumer.name !== SUM) {
    const output = source.kind === 'operation' ? `_${source.output}` : '';
    return `opaque_${source.kind}${source.index}${output}`;
  }
  return `addend${String(place).padStart(6, '0')}_of${index}`;
}

/**
 * The node through which `consumer` gets this input, or undefined if the optimiser may know where the input comes from.
 *
 * @param name - the name of the node to make.
 * @param input - the output that the node hands on.
 * @param state - types of the state variables.
 * @param isExact - whether operations are fused only where that gives the same bits on a processor.
 */
export function opaqueNode(
  name: string,
  input: string,
  source: Source,
  consumer: RecordedOperation,
  { inputs, constants, operations }: Recording,
  state: readonly TensorType[],
  isExact: boolean,
): GraphNode | undefined {
  const isArithmetic = ARITHMETIC.has(consumer.name);
  if (source.kind === 'constant') {
    const type = constants[source.index];
    if (!isArithmetic || type?.dtype !== DT.float32) return undefined;
    // A default could be overridden by feeding it, so it is no known number.
    const attributes = { dtype: typeAttribute(type.dtype), shape: shapeAttribute(type.shape) };
    return { name, operation: 'PlaceholderWithDefault', inputs: [input], attributes };
  }
  const producer = source.kind === 'operation' ? operations[source.index] : undefined;
  const isHidden =
    (isExact && producer !== undefined && !isFusedExactly(producer, consumer)) ||
    (isArithmetic && (consumer.name === SUM || ARITHMETIC.has(producer?.name ?? '')));
  if (!isHidden) return undefined;
  const types = { input: inputs, state, operation: producer?.outputs ?? [] }[source.kind];
  const type = types[source.kind === 'operation' ? source.output : source.index];
  if (type === undefined) return undefined;
  const attributes = { T: typeAttribute(type.dtype), shape: shapeAttribute(type.shape) };
  return { name, operation: 'EnsureShape', inputs: [input], attributes };
}

function isFusedExactly(producer: RecordedOperation, consumer: RecordedOperation): boolean {
  if (EXACT.has(consumer.name)) return true;
  return WITH_BIAS.has(producer.name) && BIAS.has(consumer.name);
}
