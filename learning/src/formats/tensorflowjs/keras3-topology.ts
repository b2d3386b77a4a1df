/**
 * What Keras 3 writes otherwise than Keras 2 in a `model.json`, put as TensorFlow.js reads it. Pure.
 *
 *     InputLayer   `batch_shape`                                 → `batch_input_shape`
 *     dtype        `{ class_name: 'DTypePolicy', config: { name } }` → the name
 *     inbound      `[{ args: [{ …, keras_history: [layer, 0, 0] }] }]` → `[[[layer, 0, 0, {}]]]`
 *     activation   `silu`                                        → `swish`
 *     ends         `input_layers: [layer, 0, 0]`                 → `[[layer, 0, 0]]`
 *     weights      `model/layer/kernel`                          → `layer/kernel`
 *                  `depthwise/kernel`                            → `depthwise/depthwise_kernel`
 *
 * Of a model that Keras 2 or TensorFlow.js wrote nothing changes.
 */
import { isObject } from '../../files/index.js';
import type { RawWeightGroup } from './model-weights.js';

/** The topology with all of it put right. */
export function mendedTopology(modelTopology: unknown): unknown {
  if (Array.isArray(modelTopology)) return modelTopology.map(mendedTopology);
  if (!isObject(modelTopology)) return modelTopology;
  const { class_name: className, config } = modelTopology;
  if (className === 'DTypePolicy' && isObject(config)) return config['name'];
  const mended = Object.entries(modelTopology).map(([key, value]) => [
    key,
    ENDS.has(key)
      ? mendedEnds(value)
      : key === 'inbound_nodes'
        ? mendedNodes(value)
        : key === 'activation' && value === 'silu'
          ? 'swish'
          : value,
  ]);
  const plain: Record<string, unknown> = Object.fromEntries(
    mended.map(([key, value]) => [key, mendedTopology(value)]),
  );
  return className === 'InputLayer' ? { ...plain, config: mendedInput(plain['config']) } : plain;
}

/** What TensorFlow.js would compute otherwise without a word. @returns what is wrong; undefined: nothing. */
export function keras3Problem(modelTopology: unknown): string | undefined {
  if (!isObject(modelTopology) || !/^3\./.test(String(modelTopology['keras_version']))) return;
  if (!hasHardSigmoid(modelTopology)) return undefined;
  return 'has the activation hard_sigmoid, which Keras 3 computes as relu6(x + 3) / 6 and TensorFlow.js as 0.2 x + 0.5; export the model as a SavedModel or as ONNX';
}

function hasHardSigmoid(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasHardSigmoid);
  if (!isObject(value)) return false;
  const { activation, recurrent_activation: recurrent } = value;
  if (activation === 'hard_sigmoid' || recurrent === 'hard_sigmoid') return true;
  return Object.values(value).some(hasHardSigmoid);
}

const ENDS: ReadonlySet<string> = new Set(['input_layers', 'output_layers']);

function mendedInput(config: unknown): unknown {
  if (!isObject(config) || config['batch_shape'] === undefined) return config;
  const { batch_shape: shape, ...others } = config;
  return { batch_input_shape: shape, ...others };
}

/** A single tensor stands without a list around it. */
function mendedEnds(tensors: unknown): unknown {
  return Array.isArray(tensors) && typeof tensors[0] === 'string' ? [tensors] : tensors;
}

/** One node for each call of the layer, of all tensors among its arguments. */
function mendedNodes(nodes: unknown): unknown {
  if (!Array.isArray(nodes) || !nodes.every((node) => isObject(node) && 'args' in node)) {
    return nodes;
  }
  return nodes.map((node: unknown) => historiesIn(node).map((history) => [...history, {}]));
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
export function mendedWeightNames(
  groups: readonly RawWeightGroup[],
  modelTopology: unknown,
): readonly RawWeightGroup[] {
  const layers = layerNames(modelTopology);
  const mended = (name: string) => {
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
      typeof weight['name'] === 'string' ? { ...weight, name: mended(weight['name']) } : weight,
    ),
  }));
}

/** Classes of all layers that are no models themselves, by their names, also of models within the model. */
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
