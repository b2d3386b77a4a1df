/**
 * A LayersModel's topology as a list of layers, each after the layers that it reads, for exporters.
 *
 * Understood are Sequential and functional models of one input and one output, as TensorFlow.js and Keras 2 write
 * them, without models inside and without a layer that is used twice.
 */
import { LyceumError } from '@lyceum/proto';
import { isObject } from '../../files/index.js';
import { inboundLayers, modelTopology } from '../../models/layers/index.js';

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
  const { className, config, layers } = topology;
  if (layers.length === 0) throw unusable('its topology has no layers');
  if (className === 'Sequential') return sequential(layers);
  if (!isObject(config)) throw unusable('its topology has no layers');
  const listed = layers.map(functionalLayer);
  const [output] = tensorNames(config['output_layers']);
  const inputCount = tensorNames(config['input_layers']).length;
  const outputCount = tensorNames(config['output_layers']).length;
  if (inputCount !== 1 || outputCount !== 1 || output === undefined) {
    throw unusable(`it has ${inputCount} inputs and ${outputCount} outputs`);
  }
  return [...listed.filter(({ name }) => name !== output), ...listed.filter((l) => l.name === output)]; // biome-ignore format: short
}

function sequential(layers: readonly unknown[]): GraphLayer[] {
  const chain: GraphLayer[] = [];
  for (const raw of layers) {
    const { name, className, config } = plainLayer(raw);
    const before = chain.at(-1);
    const needsInput = before === undefined && className !== 'InputLayer';
    if (needsInput) {
      chain.push({ name: `${name}_input`, className: 'InputLayer', config, inputs: [] });
    }
    const input = chain.at(-1);
    chain.push({ name, className, config, inputs: input === undefined ? [] : [input.name] });
  }
  return chain;
}

function functionalLayer(raw: unknown): GraphLayer {
  const layer = plainLayer(raw);
  const nodes = isObject(raw) ? raw['inbound_nodes'] : undefined;
  const callCount = Array.isArray(nodes) ? nodes.length : 0;
  if (callCount > 1) throw unusable(`layer ${layer.name} is used ${callCount} times`);
  return { ...layer, inputs: inboundLayers(nodes) ?? [] };
}

function plainLayer(raw: unknown): Omit<GraphLayer, 'inputs'> {
  if (!isObject(raw) || !isObject(raw['config'])) throw unusable('a layer has no configuration');
  const className = String(raw['class_name']);
  const name = String(raw['config']['name']);
  if (['Sequential', 'Model', 'Functional'].includes(className)) {
    throw unusable(`layer ${name} is a model of its own`);
  }
  return { name, className, config: raw['config'] };
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
