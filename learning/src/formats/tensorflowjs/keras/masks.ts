/**
 * Where Keras has a mask, and TensorFlow.js 4.22 another one or none. Pure.
 *
 * A mask says which steps of a sequence count. TensorFlow.js hands it from layer to layer as Keras does, but for some
 * layers that it stops at, joins that it makes none of, and one thing more: a recurrent layer that reads no mask is given
 * the one that was met last, wherever in the model.
 */
import { isObject } from '../../../files/index.js';
import { layersOf, type ModelTopology, modelTopology } from '../../../models/layers/index.js';

/** Of one value. `other`: Keras may have one there, and TensorFlow.js does not have the same. In ascending order. */
const MASKS = ['none', 'same', 'other'] as const;
type Mask = (typeof MASKS)[number];

interface Layer {
  readonly name: string;
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
}

interface Call {
  readonly layer: Layer;
  /** The calls that it reads, as `name/index`; of a sequence the layer before. */
  readonly reads: readonly string[];
  mask: Mask;
}

export interface MaskProblem extends Layer {
  /** With what it is another layer in TensorFlow.js. */
  readonly what: string;
}

const LOST = 'a mask before it, which TensorFlow.js leaves out';
const CHANGED = 'a mask before it that is another one in TensorFlow.js';
const STALE = 'no mask of its own, where TensorFlow.js takes that of another layer';

const MODELS: ReadonlySet<string> = new Set(['Model', 'Functional', 'Sequential']);
const RECURRENT: ReadonlySet<string> = new Set(['SimpleRNN', 'GRU', 'LSTM', 'RNN']);

/** Keras looks at the mask, and TensorFlow.js does not, or otherwise. */
const KERAS_READS: ReadonlySet<string> = new Set([
  ...['GlobalAveragePooling1D', 'Softmax', 'ConvLSTM2D'],
]);

/** Joins, of which Keras 3 computes some by their masks. */
const JOINS: ReadonlySet<string> = new Set(
  'Add Subtract Multiply Average Maximum Minimum Concatenate'.split(' '),
);
const JOINED_BY_MASK: ReadonlySet<string> = new Set(['Multiply', 'Maximum', 'Minimum']);

/** Both hand the mask on. */
const PASSING: ReadonlySet<string> = new Set(
  `Dense Activation ReLU PReLU BatchNormalization LayerNormalization
  Dropout SpatialDropout1D GaussianNoise GaussianDropout AlphaDropout TimeDistributed`.split(/\s+/),
);

/** Keras hands it on. */
const STOPPING: ReadonlySet<string> = new Set(['LeakyReLU', 'ELU', 'ThresholdedReLU', 'Rescaling']);

/** @param topology - that Keras of this version wrote. */
export function maskProblem(topology: unknown, kerasVersion: string): MaskProblem | undefined {
  const model = modelTopology({ modelTopology: topology });
  return model !== undefined && hasSource(model.layers)
    ? problemIn(model, 'none', kerasVersion)
    : undefined;
}

/** @param mask - of the model's inputs. */
function problemIn(
  model: Pick<ModelTopology, 'className' | 'config'>,
  mask: Mask,
  kerasVersion: string,
): MaskProblem | undefined {
  const calls = callsOf(model);
  let changed = true;
  // In an order in which each comes after what it reads, once would do; a layer's calls are listed together.
  while (changed) {
    changed = false;
    for (const call of calls.values()) {
      const own = maskAfter(call.layer, readMask(call, calls, mask), kerasVersion);
      if (MASKS.indexOf(own) <= MASKS.indexOf(call.mask)) continue;
      call.mask = own;
      changed = true;
    }
  }
  for (const call of calls.values()) {
    const read = readMask(call, calls, mask);
    const problem = MODELS.has(call.layer.className)
      ? problemIn(call.layer, read === 'none' ? 'none' : 'other', kerasVersion)
      : problemOf(call.layer, read, kerasVersion);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function readMask({ reads }: Call, calls: ReadonlyMap<string, Call>, ofInputs: Mask): Mask {
  if (reads.length === 0) return ofInputs;
  const masks = reads.map((read) => MASKS.indexOf(calls.get(read)?.mask ?? 'none'));
  return MASKS[Math.max(...masks)] ?? 'none';
}

/** Of what the layer gives. */
function maskAfter(layer: Layer, read: Mask, kerasVersion: string): Mask {
  const { className, config } = layer;
  const { config: inner } = isObject(config['layer']) ? config['layer'] : {};
  if (isSource(layer)) return 'same';
  if (className === 'InputLayer') return read;
  if (RECURRENT.has(className)) return config['return_sequences'] === true ? read : 'none';
  if (className === 'Bidirectional') {
    return isObject(inner) && inner['return_sequences'] === true ? read : 'none';
  }
  if (MODELS.has(className) || className === 'TimeDistributed') {
    if (hasSource(config)) return 'other';
    return read === 'none' || className === 'TimeDistributed' ? read : 'other';
  }
  if (read === 'none' || PASSING.has(className)) return read;
  // A step counts that counts in all; to Keras 3, in one.
  const isOfAll = className === 'Concatenate' && config['axis'] === -1;
  if (isOfAll && kerasVersion.startsWith('2.')) return read;
  return JOINS.has(className) || STOPPING.has(className) ? 'other' : 'none';
}

function problemOf(layer: Layer, read: Mask, kerasVersion: string): MaskProblem | undefined {
  const { className } = layer;
  const isWrapped = className === 'TimeDistributed' && readsMasks(layer.config['layer']);
  if (RECURRENT.has(className) || className === 'Bidirectional' || isWrapped) {
    if (read === 'none') return { ...layer, what: STALE };
    return read === 'other' || isWrapped ? { ...layer, what: CHANGED } : undefined;
  }
  const isJoined = kerasVersion.startsWith('3.') && JOINED_BY_MASK.has(className);
  return read !== 'none' && (KERAS_READS.has(className) || isJoined)
    ? { ...layer, what: LOST }
    : undefined;
}

/** @returns whether a layer, or one within it, computes otherwise if it is given a mask. */
function readsMasks(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(readsMasks);
  if (!isObject(value)) return false;
  const className = String(value['class_name']);
  return (
    RECURRENT.has(className) || KERAS_READS.has(className) || Object.values(value).some(readsMasks)
  );
}

function hasSource(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasSource);
  if (!isObject(value)) return false;
  const { class_name: className, config } = value;
  const isOwn = isObject(config) && isSource({ className: String(className), config });
  return isOwn || Object.values(value).some(hasSource);
}

function isSource({ className, config }: Omit<Layer, 'name'>): boolean {
  return className === 'Masking' || (className === 'Embedding' && config['mask_zero'] === true);
}

/** By `name/index`. A model has a call of its own before anybody calls it, and so its calls count from 1. */
function callsOf({
  className,
  config,
}: Pick<ModelTopology, 'className' | 'config'>): Map<string, Call> {
  const calls = new Map<string, Call>();
  let before: string[] = [];
  for (const raw of layersOf(config)) {
    if (!isObject(raw) || !isObject(raw['config'])) continue;
    const own = raw['config'];
    const name = String(raw['name'] ?? own['name']);
    const layer = { name, className: String(raw['class_name']), config: own };
    const nodes = raw['inbound_nodes'];
    const isCalled = className !== 'Sequential' && Array.isArray(nodes) && nodes.length > 0;
    const reads = isCalled ? nodes.map(readCalls) : [className === 'Sequential' ? before : []];
    const first = MODELS.has(layer.className) ? 1 : 0;
    for (const [index, read] of reads.entries()) {
      calls.set(`${name}/${first + index}`, { layer, reads: read, mask: 'none' });
    }
    before = [`${name}/${first}`];
  }
  return calls;
}

/** `[['dense', 0, 0, {}], …]`, a call's inputs. */
function readCalls(node: unknown): string[] {
  return Array.isArray(node)
    ? node.map((tensor: unknown) => (Array.isArray(tensor) ? `${tensor[0]}/${tensor[1]}` : ''))
    : [];
}
