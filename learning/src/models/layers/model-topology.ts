/** How TensorFlow.js and Keras 2 write a model's topology down: what all who read one begin with. */
import { isObject } from '../../files/index.js';

export interface ModelTopology {
  /** `Sequential`, `Model` or `Functional`; others are not understood. */
  readonly className: unknown;
  readonly config: unknown;
  /** As they are written; empty if there are none. */
  readonly layers: readonly unknown[];
}

/** Undefined if there is none. */
export function modelTopology(modelJson: unknown): ModelTopology | undefined {
  const topology = isObject(modelJson) ? modelJson['modelTopology'] : undefined;
  if (!isObject(topology)) return undefined;
  // tf.Model.toJSON() gives the model itself; Keras' converter wraps it.
  const wrapped = topology['model_config'];
  const { class_name: className, config } = isObject(wrapped) ? wrapped : topology;
  return { className, config, layers: layersOf(config) };
}

/** A Sequential's configuration is its list of layers, or has it. */
export function layersOf(config: unknown): readonly unknown[] {
  const layers: unknown = isObject(config) ? config['layers'] : config;
  return Array.isArray(layers) ? layers : [];
}

/** `[[['dense', 0, 0, {}], …]]`: of one call, the layers that it reads; undefined of any other number of calls. */
export function inboundLayers(nodes: unknown): string[] | undefined {
  if (!Array.isArray(nodes) || nodes.length !== 1 || !Array.isArray(nodes[0])) return undefined;
  return nodes[0].map((tensor: unknown) => (Array.isArray(tensor) ? String(tensor[0]) : ''));
}
