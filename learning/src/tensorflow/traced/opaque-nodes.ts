/**
 * Keeps TensorFlow's graph optimiser from rearranging arithmetic.
 *
 * Where it sees a product or sum of several terms, or a number that it knows, it computes in another order —
 * `(x · c₁) / c₂` as `x · (c₁ / c₂)`, `(x · a) · b` as `x · (a · b)` — which changes the last bits. So values that
 * arithmetic hands to arithmetic pass a node that changes nothing and that the optimiser does not look through. Each
 * node costs less than a microsecond a step. All other changes are allowed: folding shapes, fusing a convolution with
 * its bias.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/v2.16.1/tensorflow/core/grappler/optimizers/arithmetic_optimizer.cc
 * @see https://github.com/tensorflow/tensorflow/blob/v2.16.1/tensorflow/core/grappler/optimizers/constant_folding.cc
 */
import { type GraphNode, shapeAttribute, typeAttribute } from './graph-messages.js';
import type { RecordedOperation, Recording, Source } from './recording.js';

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

const DT_FLOAT = 1;

/**
 * The node through which `consumer` gets this input, or undefined if the optimiser may know where the input comes from.
 *
 * @param name - the name of the node to make.
 * @param input - the output that the node hands on.
 */
export function opaqueNode(
  name: string,
  input: string,
  source: Source,
  consumer: RecordedOperation,
  { constants, operations }: Recording,
): GraphNode | undefined {
  if (!ARITHMETIC.has(consumer.name)) return undefined;
  if (source.kind === 'constant') {
    const type = constants[source.index];
    if (type?.dtype !== DT_FLOAT) return undefined;
    // A default could be overridden by feeding it, so it is no known number.
    const attributes = { dtype: typeAttribute(type.dtype), shape: shapeAttribute(type.shape) };
    return { name, operation: 'PlaceholderWithDefault', inputs: [input], attributes };
  }
  const producer = source.kind === 'operation' ? operations[source.index] : undefined;
  const [type] = producer?.outputs ?? [];
  if (producer === undefined || type === undefined || !ARITHMETIC.has(producer.name))
    return undefined;
  const attributes = { T: typeAttribute(type.dtype), shape: shapeAttribute(type.shape) };
  return { name, operation: 'EnsureShape', inputs: [input], attributes };
}
