/** How TensorFlow.js and Keras 2 write a model's topology: the first step of all code that reads one. */
import { isObject } from '../../files/index.js';

export interface ModelTopology {
  /** `Sequential`, `Model` or `Functional`; others are not understood. */
  readonly className: unknown;
  readonly config: unknown;
  /** The layers as they are written; empty if there are none. */
  readonly layers: readonly unknown[];
}

/** The topology in a `model.json`; undefined if there is none. */
export function modelTopology(modelJson: unknown): ModelTopology | undefined {
  const topology = isObject(modelJson) ? modelJson['modelTopology'] : undefined;
  if (!isObject(topology)) return undefined;
  // tf.Model.toJSON() gives the model itself; Keras' converter wraps it.
  const wrapped = topology['model_config'];
  const { class_name: className, config } = isObject(wrapped) ? wrapped : topology;
  return { className, config, layers: layersOf(config) };
}

/** The layers of a configuration; a Sequential's is the list itself, or has it. */
export function layersOf(config: unknown): readonly unknown[] {
  const layers: unknown = isObject(config) ? config['layers'] : config;
  return Array.isArray(layers) ? layers : [];
}

/** The layers that one call reads, from `[[['dense', 0, 0, {}], …]]`; undefined if there is not exactly one call. */
export function inboundLayers(nodes: unknown): string[] | undefined {
  if (!Array.isArray(nodes) || nodes.length !== 1 || !Array.isArray(nodes[0])) return undefined;
  return nodes[0].map((tensor: unknown) => (Array.isArray(tensor) ? String(tensor[0]) : ''));
}
