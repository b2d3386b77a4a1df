/**
 * Fields that Keras, mostly Keras 3, writes otherwise in a `model.json` than TensorFlow.js reads them, changed to the
 * latter. Pure.
 *
 *     InputLayer   `batch_shape`                                 → `batch_input_shape`
 *     dtype        `{ class_name: 'DTypePolicy', config: { name } }` → the name
 *     inbound      `[{ args: [{ …, keras_history: [layer, 0, 0] }] }]` → `[[[layer, 0, 0, {}]]]`
 *     activation   `silu`                                        → `swish`
 *     LeakyReLU    `negative_slope`                              → `alpha`
 *     Bidirectional   its layer's `forward_lstm`                 → `lstm`
 *     ends         `input_layers: [layer, 0, 0]`                 → `[[layer, 0, 0]]`
 *     of a model   `keras_history: [model, 0, 0]`                → `[model, 1, 0]`
 *     of a Sequential `output_layers: [model, 0, 0]`             → `[[model, 1, 0]]`
 *     weights      `model/layer/kernel`                          → `layer/kernel`
 *                  `depthwise/kernel`                            → `depthwise/depthwise_kernel`
 *
 * Keras 2 writes one such thing: fields of a SeparableConv2D from Conv2D (`kernel_initializer`, …), beside its own for
 * both kernels. A model that TensorFlow.js wrote is not changed.
 */
import { isObject } from '../../../files/index.js';

/** The topology with all these fields changed. */
export function mendedTopology(modelTopology: unknown): unknown {
  return mended(modelTopology, new Map());
}

/** Classes, by their names, of the models among the layers of one model, if Keras 3 wrote it. */
type Models = ReadonlyMap<string, string>;

/** @param models - those among the layers of the model that `value` belongs to. */
function mended(value: unknown, models: Models): unknown {
  if (Array.isArray(value)) return value.map((one) => mended(one, models));
  if (!isObject(value)) return value;
  const { class_name: className, config, layers } = value;
  const own = Array.isArray(layers) ? modelsIn(layers) : models;
  if (className === 'DTypePolicy' && isObject(config)) return config['name'];
  const entries = Object.entries(value).map(([key, one]) => [
    key,
    ENDS.has(key)
      ? mendedEnds(one, own)
      : key === 'inbound_nodes'
        ? mendedNodes(one, own)
        : key === 'activation' && one === 'silu'
          ? 'swish'
          : one,
  ]);
  const plain: Record<string, unknown> = Object.fromEntries(
    entries.map(([key, one]) => [key, mended(one, own)]),
  );
  const mendedConfig = MENDED_CONFIGS.get(String(className));
  return mendedConfig === undefined ? plain : { ...plain, config: mendedConfig(plain['config']) };
}

/** Classes of models, which may be layers of others. */
export const MODELS: ReadonlySet<string> = new Set(['Model', 'Functional', 'Sequential']);

/** Models whose own call Keras does not count where it lists the ends of a model. */
const SEQUENTIAL: ReadonlySet<string> = new Set(['Sequential']);

const ENDS: ReadonlySet<string> = new Set(['input_layers', 'output_layers']);

/** How a layer's configuration is changed, by the layer's class. */
const MENDED_CONFIGS: ReadonlyMap<string, (config: unknown) => unknown> = new Map([
  ['InputLayer', mendedInput],
  ['LeakyReLU', mendedSlope],
  ['SeparableConv2D', withoutKernel],
  ['Bidirectional', mendedForward],
]);

function mendedInput(config: unknown): unknown {
  if (!isObject(config) || config['batch_shape'] === undefined) return config;
  const { batch_shape: shape, ...others } = config;
  return { batch_input_shape: shape, ...others };
}

/** The configuration with `alpha`: TensorFlow.js knows no other name, and takes 0.3 if it is missing. */
function mendedSlope(config: unknown): unknown {
  if (!isObject(config) || config['negative_slope'] === undefined) return config;
  const { negative_slope: alpha, ...others } = config;
  return { alpha, ...others };
}

/**
 * The configuration with the layer's name without prefix, which TensorFlow.js adds itself. Keras 2 writes a backward
 * layer only if it is the user's own.
 */
function mendedForward(config: unknown): unknown {
  if (!isObject(config) || config['backward_layer'] === undefined) return config;
  const { layer } = config;
  if (!isObject(layer) || !isObject(layer['config'])) return config;
  const name = String(layer['config']['name']).replace(/^forward_/, '');
  return { ...config, layer: { ...layer, config: { ...layer['config'], name } } };
}

/** The configuration without fields of training, since TensorFlow.js takes no model that has these. */
function withoutKernel(config: unknown): unknown {
  if (!isObject(config)) return config;
  const {
    kernel_initializer: _initializer,
    kernel_regularizer: _regularizer,
    kernel_constraint: _constraint,
    ...others
  } = config;
  return others;
}

/**
 * The ends of a model as a list: Keras writes a single tensor without one. Keras counts a model's own call here, except
 * for a Sequential.
 */
function mendedEnds(tensors: unknown, models: Models): unknown {
  if (!Array.isArray(tensors)) return tensors;
  const list: unknown[] = typeof tensors[0] === 'string' ? [tensors] : tensors;
  return list.map((one) => (Array.isArray(one) ? mendedHistory(one, models, SEQUENTIAL) : one));
}

/** The reference with TensorFlow.js's number of the call: there a model has a call of its own before others. */
function mendedHistory(
  [layer, call, ...others]: unknown[],
  models: Models,
  classes = MODELS,
): unknown[] {
  const isModel = classes.has(models.get(String(layer)) ?? '');
  return [layer, isModel ? Number(call) + 1 : call, ...others];
}

function modelsIn(layers: readonly unknown[]): Models {
  return new Map(
    layers.filter(isObject).flatMap(({ class_name: className, name, inbound_nodes: nodes }) => {
      const isModel = MODELS.has(String(className)) && areNodes(nodes);
      return isModel ? [[String(name), String(className)] as const] : [];
    }),
  );
}

/** Whether calls of a layer are written as Keras 3 writes them. */
function areNodes(nodes: unknown): nodes is unknown[] {
  return Array.isArray(nodes) && nodes.every((node) => isObject(node) && 'args' in node);
}

/** Nodes as TensorFlow.js has them: one for each call of the layer, with all tensors among its arguments. */
function mendedNodes(nodes: unknown, models: Models): unknown {
  if (!areNodes(nodes)) return nodes;
  return nodes.map((node: unknown) =>
    historiesIn(node).map((history) => [...mendedHistory(history, models), {}]),
  );
}

function historiesIn(value: unknown): unknown[][] {
  if (Array.isArray(value)) return value.flatMap(historiesIn);
  if (!isObject(value)) return [];
  const { class_name: className, config } = value;
  if (className === '__keras_tensor__' && isObject(config)) {
    const history = config['keras_history'];
    return Array.isArray(history) ? [history] : [];
  }
  return Object.values(value).flatMap(historiesIn);
}

/** The manifest's groups, with each weight's name from its layer's on. */
export function mendedWeightNames<
  Group extends { readonly weights: readonly Record<string, unknown>[] },
>(groups: readonly Group[], modelTopology: unknown): readonly Group[] {
  const layers = layerNames(modelTopology);
  // Keras 2 allows a slash in a layer's name, and writes the name as it is.
  const withSlash = [...layers.keys()].filter((layer) => layer.includes('/'));
  const mendedName = (name: string) => {
    if (withSlash.some((layer) => name.startsWith(`${layer}/`))) return name;
    const parts = name.split('/');
    const first = parts.findIndex((part) => layers.has(part));
    if (first < 0) return name;
    const own = parts.slice(first);
    const isDepthwise = layers.get(own[0] as string) === 'DepthwiseConv2D';
    if (isDepthwise && own.at(-1) === 'kernel') own[own.length - 1] = 'depthwise_kernel';
    return own.join('/');
  };
  return groups.map((group) => ({
    ...group,
    weights: group.weights.map((weight) =>
      typeof weight['name'] === 'string' ? { ...weight, name: mendedName(weight['name']) } : weight,
    ),
  }));
}

/** Classes of all layers that are no models themselves, by the layers' names; models within the model are included. */
function layerNames(value: unknown): Map<string, string> {
  if (Array.isArray(value)) return new Map(value.flatMap((one) => [...layerNames(one)]));
  if (!isObject(value)) return new Map();
  const names = new Map(Object.values(value).flatMap((one) => [...layerNames(one)]));
  const { class_name: className, config } = value;
  if (typeof className === 'string' && isObject(config) && !Array.isArray(config['layers'])) {
    if (typeof config['name'] === 'string') names.set(config['name'], className);
  }
  return names;
}
