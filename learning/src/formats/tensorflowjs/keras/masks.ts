/**
 * Finds layers for which Keras has a mask, and TensorFlow.js 4.22 another one or none. Pure.
 *
 * A mask says which steps of a sequence count. TensorFlow.js hands it from layer to layer as Keras does, but for some
 * layers that it stops at, joins that it makes none of, and one thing more: a recurrent layer that reads no mask is
 * given the one that was met last, wherever in the model.
 */
import { isObject } from '../../../files/index.js';
import { layersOf, type ModelTopology, modelTopology } from '../../../models/layers/index.js';
import { MODELS } from './keras3-topology.js';

/**
 * Masks that a value may have. `other`: Keras may have a mask there, and TensorFlow.js does not have the same. In
 * ascending order.
 */
const MASKS = ['none', 'same', 'other'] as const;
type Mask = (typeof MASKS)[number];

interface Layer {
  readonly name: string;
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
}

interface Call {
  /** `name/index`. */
  readonly id: string;
  readonly layer: Layer;
  /** Ids of the calls that this one reads; in a Sequential, the layer before. */
  readonly reads: readonly string[];
  /** The greatest mask of the values that it reads. */
  read: Mask;
  /** The mask of the value that it gives. */
  mask: Mask;
}

/** What is known of one topology. Results are kept, since models can call models often. */
interface Search {
  readonly kerasVersion: string;
  /** All sources of masks, and all parts that have one within. */
  readonly sources: ReadonlySet<unknown>;
  /** Settings of layers that are no problem, by the mask that they read. */
  readonly fine: Readonly<Record<Mask, Set<unknown>>>;
}

export interface MaskProblem extends Layer {
  /** Why it is another layer in TensorFlow.js, in words that follow "with". */
  readonly what: string;
}

const LOST = 'a mask before it, which TensorFlow.js leaves out';
const CHANGED = 'a mask before it that is another one in TensorFlow.js';
const STALE = 'no mask of its own, where TensorFlow.js takes that of another layer';

const RECURRENT: ReadonlySet<string> = new Set(['SimpleRNN', 'GRU', 'LSTM', 'RNN']);

/** Layers that look at the mask in Keras, and do not in TensorFlow.js, or do so otherwise. */
const KERAS_READS: ReadonlySet<string> = new Set([
  'GlobalAveragePooling1D',
  'Softmax',
  'ConvLSTM2D',
]);

/** Layers that join values; Keras 3 computes some of them by their masks. */
const JOINS: ReadonlySet<string> = new Set(
  'Add Subtract Multiply Average Maximum Minimum Concatenate'.split(' '),
);
const JOINED_BY_MASK: ReadonlySet<string> = new Set(['Multiply', 'Maximum', 'Minimum']);

/** Layers that hand the mask on in both. */
const PASSING: ReadonlySet<string> = new Set(
  `Dense Activation ReLU PReLU BatchNormalization LayerNormalization
  Dropout SpatialDropout1D GaussianNoise GaussianDropout AlphaDropout TimeDistributed`.split(/\s+/),
);

/** Layers that hand the mask on in Keras alone. */
const STOPPING: ReadonlySet<string> = new Set(['LeakyReLU', 'ELU', 'ThresholdedReLU', 'Rescaling']);

/** @param topology - written by Keras of this version. */
export function maskProblem(topology: unknown, kerasVersion: string): MaskProblem | undefined {
  const model = modelTopology({ modelTopology: topology });
  const sources = new Set<unknown>();
  if (model === undefined || !addSources(model.layers, sources)) return undefined;
  const fine = { none: new Set(), same: new Set(), other: new Set() };
  return problemIn(model, 'none', { kerasVersion, sources, fine });
}

/** @param mask - the mask of the model's inputs. */
function problemIn(
  model: Pick<ModelTopology, 'className' | 'config'>,
  mask: Mask,
  search: Search,
): MaskProblem | undefined {
  const calls = callsOf(model, mask);
  handOn(calls, search);
  for (const { layer, read } of calls.values()) {
    if (search.fine[read].has(layer.config)) continue;
    const problem = MODELS.has(layer.className)
      ? problemIn(layer, read === 'none' ? 'none' : 'other', search)
      : problemOf(layer, read, search.kerasVersion);
    if (problem !== undefined) return problem;
    search.fine[read].add(layer.config);
  }
  return undefined;
}

/**
 * Fills in all masks, in whatever order the layers are listed. A mask only rises, so that this also ends if layers read
 * each other.
 */
function handOn(calls: ReadonlyMap<string, Call>, search: Search): void {
  const readers = new Map<string, Call[]>();
  for (const call of calls.values()) {
    for (const read of call.reads) {
      const known = readers.get(read);
      if (known === undefined) readers.set(read, [call]);
      else known.push(call);
    }
  }
  const open = [...calls.values()];
  for (let call = open.pop(); call !== undefined; call = open.pop()) {
    const own = maskAfter(call.layer, call.read, search);
    if (!isGreater(own, call.mask)) continue;
    call.mask = own;
    for (const reader of readers.get(call.id) ?? []) {
      if (!isGreater(own, reader.read)) continue;
      reader.read = own;
      open.push(reader);
    }
  }
}

function isGreater(one: Mask, other: Mask): boolean {
  return MASKS.indexOf(one) > MASKS.indexOf(other);
}

/** The mask of the value that the layer gives. */
function maskAfter(layer: Layer, read: Mask, { kerasVersion, sources }: Search): Mask {
  const { className, config } = layer;
  const { config: inner } = isObject(config['layer']) ? config['layer'] : {};
  if (isSource(layer)) return 'same';
  if (className === 'InputLayer') return read;
  if (RECURRENT.has(className)) return config['return_sequences'] === true ? read : 'none';
  if (className === 'Bidirectional') {
    return isObject(inner) && inner['return_sequences'] === true ? read : 'none';
  }
  if (MODELS.has(className) || className === 'TimeDistributed') {
    if (sources.has(config)) return 'other';
    return read === 'none' || className === 'TimeDistributed' ? read : 'other';
  }
  if (read === 'none' || PASSING.has(className)) return read;
  // A step counts if it counts in all inputs; in Keras 3, if it counts in one.
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

/** @returns whether the value is a source of masks, or has one within. All parts of which that is true are added. */
function addSources(value: unknown, sources: Set<unknown>): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const within = Object.values(value).filter((one) => addSources(one, sources));
  const { class_name: className, config } = isObject(value) ? value : {};
  const isOwn = isObject(config) && isSource({ className: String(className), config });
  if (isOwn || within.length > 0) sources.add(value);
  return sources.has(value);
}

function isSource({ className, config }: Omit<Layer, 'name'>): boolean {
  return className === 'Masking' || (className === 'Embedding' && config['mask_zero'] === true);
}

/**
 * The calls by their ids. A model has a call of its own before others, and so its calls count from 1.
 *
 * @param mask - the mask of the model's inputs.
 */
function callsOf(
  { className, config }: Pick<ModelTopology, 'className' | 'config'>,
  mask: Mask,
): Map<string, Call> {
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
      const id = `${name}/${first + index}`;
      const ofInputs = read.length === 0 ? mask : 'none';
      calls.set(id, { id, layer, reads: read, read: ofInputs, mask: 'none' });
    }
    before = [`${name}/${first}`];
  }
  return calls;
}

/** Ids of a call's inputs, from `[['dense', 0, 0, {}], …]`. */
function readCalls(node: unknown): string[] {
  return Array.isArray(node)
    ? node.map((tensor: unknown) => (Array.isArray(tensor) ? `${tensor[0]}/${tensor[1]}` : ''))
    : [];
}
