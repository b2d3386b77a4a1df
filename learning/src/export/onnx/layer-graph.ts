/**
 * A LayersModel's topology as a list of layers, each after the layers that it reads, for exporters.
 *
 * Understood are Sequential and functional models of one input and one output, as TensorFlow.js and Keras 2 write
 * them, without a layer that is used twice. Models within, as Keras's own networks without their last layers are,
 * stand there as their layers.
 */
import { LyceumError } from '@lyceum/proto';
import { isObject } from '../../files/index.js';
import {
  inboundLayers,
  layersOf,
  type ModelTopology,
  modelTopology,
} from '../../models/layers/index.js';

export interface GraphLayer {
  readonly name: string;
  readonly className: string;
  /** The configuration as it is saved, with keys in snake case. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of the layers that this one reads, in order; none for an input. */
  readonly inputs: readonly string[];
}

/** @throws {LyceumError} INVALID_ARGUMENT if the model is built in another way; the message says how. */
export function layerGraph(modelJson: unknown): readonly GraphLayer[] {
  const topology = modelTopology(modelJson);
  if (topology === undefined) throw unusable('it has no topology');
  const { layers, output } = inlined(topology, undefined, 1);
  const names = new Set<string>();
  for (const { name } of layers) {
    if (names.has(name)) throw unusable(`it has several layers ${name}, in models within`);
    names.add(name);
  }
  const last = layers.find(({ name }) => name === output);
  if (last === undefined) throw unusable('its output is no layer of it');
  return [...layers.filter((layer) => layer !== last), last];
}

/** The most models within each other: no published model has more than three. */
const MAX_DEPTH = 20;

interface Inlined {
  readonly layers: readonly GraphLayer[];
  /** The layer whose value is the model's. */
  readonly output: string;
}

/** @param source - the layer that a model within another one reads; undefined: it is no such model. */
function inlined(topology: ModelTopology, source: string | undefined, depth: number): Inlined {
  if (depth > MAX_DEPTH) throw unusable(`models lie more than ${MAX_DEPTH} deep in it`);
  const { listed, output } = listedLayers(topology);
  const inlinedLayers: GraphLayer[] = [];
  /** Layers of this model that stand for others: its input, and models within. */
  const standsFor = new Map<string, string>();
  const known = (name: string) => standsFor.get(name) ?? name;
  for (const { inside, ...layer } of listed) {
    const inputs = layer.inputs.map(known);
    if (source !== undefined && layer.className === 'InputLayer') {
      standsFor.set(layer.name, source);
    } else if (inside === undefined) inlinedLayers.push({ ...layer, inputs });
    else {
      const [read, ...others] = inputs;
      if (read === undefined || others.length > 0) {
        throw unusable(`layer ${layer.name}, a model of its own, reads ${inputs.length} values`);
      }
      const within = inlined(inside, read, depth + 1);
      inlinedLayers.push(...within.layers);
      standsFor.set(layer.name, within.output);
    }
  }
  return { layers: inlinedLayers, output: known(output) };
}

interface ListedLayer extends GraphLayer {
  /** The layer is a model of its own. */
  readonly inside: ModelTopology | undefined;
}

function listedLayers({ className, config, layers }: ModelTopology): {
  readonly listed: readonly ListedLayer[];
  readonly output: string;
} {
  if (layers.length === 0) throw unusable('its topology has no layers');
  if (className === 'Sequential') {
    const listed = sequential(layers);
    return { listed, output: listed.at(-1)?.name ?? '' };
  }
  if (!isObject(config)) throw unusable('its topology has no layers');
  const inputCount = tensorNames(config['input_layers']).length;
  const [output, ...others] = tensorNames(config['output_layers']);
  if (inputCount !== 1 || output === undefined || others.length > 0) {
    const outputCount = output === undefined ? 0 : 1 + others.length;
    throw unusable(`it has ${inputCount} inputs and ${outputCount} outputs`);
  }
  return { listed: layers.map(functionalLayer), output };
}

function sequential(layers: readonly unknown[]): ListedLayer[] {
  const chain: ListedLayer[] = [];
  for (const raw of layers) {
    const layer = plainLayer(raw);
    const { name, className, config } = layer;
    if (chain.length === 0 && className !== 'InputLayer') {
      const input = { name: `${name}_input`, className: 'InputLayer', config, inside: undefined };
      chain.push({ ...input, inputs: [] });
    }
    const input = chain.at(-1);
    chain.push({ ...layer, inputs: input === undefined ? [] : [input.name] });
  }
  return chain;
}

function functionalLayer(raw: unknown): ListedLayer {
  const layer = plainLayer(raw);
  const nodes = isObject(raw) ? raw['inbound_nodes'] : undefined;
  const callCount = Array.isArray(nodes) ? nodes.length : 0;
  if (callCount > 1) throw unusable(`layer ${layer.name} is used ${callCount} times`);
  return { ...layer, inputs: inboundLayers(nodes) ?? [] };
}

function plainLayer(raw: unknown): Omit<ListedLayer, 'inputs'> {
  if (!isObject(raw) || !isObject(raw['config'])) throw unusable('a layer has no configuration');
  const className = String(raw['class_name']);
  const config = raw['config'];
  const isModel = ['Sequential', 'Model', 'Functional'].includes(className);
  const inside = isModel ? { className, config, layers: layersOf(config) } : undefined;
  return { name: String(config['name']), className, config, inside };
}

/** Layer names in `[['dense_1', 0, 0]]`, or in `['dense_1', 0, 0]`, Keras's form for a single tensor. */
function tensorNames(tensors: unknown): string[] {
  if (!Array.isArray(tensors)) return [];
  if (typeof tensors[0] === 'string') return [tensors[0]];
  return tensors.map((tensor: unknown) => String(isArray(tensor) ? tensor[0] : tensor));
}

function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function unusable(reason: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', `the model cannot be exported: ${reason}`);
}
