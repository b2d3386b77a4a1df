/**
 * What a model's topology tells, without building the model: input shape, class count, kind of output.
 *
 * Only certain facts are told. Sequential and functional models of one input and one output are understood, as
 * TensorFlow.js and Keras 2 write them; the class count is the width of the last Dense layer, reached back from
 * the output through layers that keep a row's shape.
 */
import { encodingDigest } from '../../datasets/encoding/index.js';
import { isObject } from '../../files/index.js';
import type { ModelDescription, ModelSettings } from '../../models/index.js';
import { inboundLayers, modelTopology } from '../../models/layers/index.js';
import { type ModelPackage, packageWeightSpecs } from './model-package.js';
import { weightBytes, weightElements } from './model-weights.js';

/** @param model - one that `parseModelPackage` or `readModelFolder` has passed. */
export function describeModel(model: ModelPackage): ModelDescription {
  const specs = packageWeightSpecs(model);
  const topology = describeTopology(model.modelJson);
  return {
    ...(topology.inputShape === undefined ? {} : { inputShape: topology.inputShape }),
    ...(topology.classCount === undefined ? {} : { classCount: topology.classCount }),
    parameterCount: specs.reduce((total, spec) => total + weightElements(spec), 0),
    weightBytes: specs.reduce((total, spec) => total + weightBytes(spec), 0),
    output: model.settings.output,
    ...(model.encoding !== undefined && { encodingDigest: encodingDigest(model.encoding) }),
  };
}

export interface TopologyDescription {
  readonly inputShape?: readonly number[] | undefined;
  readonly classCount?: number | undefined;
  readonly output?: ModelSettings['output'] | undefined;
}

export interface Layer {
  readonly name: string;
  readonly className: string;
  readonly config: Record<string, unknown>;
  /** The layer that this one reads, if there is one. */
  readonly input?: Layer | undefined;
}

/** The facts that a topology tells; fields that cannot be told are `undefined`. */
export function describeTopology(modelJson: unknown): TopologyDescription {
  const { first, last } = modelEnds(modelJson);
  return { inputShape: inputShapeOf(first), ...describeOutput(endLayers(last)) };
}

/**
 * The last Dense layer of a model and the layers behind it, the last one first; a layer's `config` is the model's own.
 * Undefined: the model does not end so, or it cannot be told.
 */
export function lastLayers(modelJson: unknown): readonly Layer[] | undefined {
  return endLayers(modelEnds(modelJson).last);
}

/** `first` is the input's layer, or any that its chain begins with. */
function modelEnds(modelJson: unknown): { first?: Layer | undefined; last?: Layer | undefined } {
  const model = modelTopology(modelJson);
  if (model === undefined) return {};
  const { className, config, layers: written } = model;
  if (className === 'Sequential') {
    const last = written.reduce<Layer | undefined>((input, raw) => chain(raw, input), undefined);
    return { first: last, last };
  }
  if ((className === 'Model' || className === 'Functional') && isObject(config)) {
    const layers = functionalLayers(written);
    const ends = ['input_layers', 'output_layers'].map((key) => onlyLayerName(config[key]) ?? '');
    const [first, last] = ends.map((name) => layers.get(name));
    return { first, last };
  }
  return {};
}

/**
 * The layer that `raw` describes, behind `input`. A nested Sequential is looked into; any other nested model ends the
 * chain, unknown.
 */
function chain(raw: unknown, input: Layer | undefined): Layer | undefined {
  if (!isObject(raw) || !isObject(raw['config'])) return undefined;
  const className = String(raw['class_name']);
  if (className === 'Sequential') {
    const nested = raw['config']['layers'];
    if (!Array.isArray(nested)) return undefined;
    return nested.reduce<Layer | undefined>((before, layer) => chain(layer, before), input);
  }
  return { name: String(raw['config']['name']), className, config: raw['config'], input };
}

function functionalLayers(raw: readonly unknown[]): ReadonlyMap<string, Layer> {
  const layers = new Map<string, Layer>();
  // Each layer is listed after those that it reads.
  for (const layer of raw) {
    if (!isObject(layer)) continue;
    const inbound = inboundLayers(layer['inbound_nodes']) ?? [];
    const input = inbound.length === 1 ? layers.get(inbound[0] as string) : undefined;
    const chained = chain(layer, input);
    if (chained !== undefined) layers.set(String(layer['name']), chained);
  }
  return layers;
}

/**
 * The name of the only layer in `[['dense_1', 0, 0]]`, or in `['dense_1', 0, 0]`, as Keras writes a single one:
 * `dense_1`.
 */
function onlyLayerName(tensors: unknown): string | undefined {
  if (!Array.isArray(tensors)) return undefined;
  if (typeof tensors[0] === 'string') return tensors[0];
  const [tensor] = tensors as unknown[];
  return tensors.length === 1 && Array.isArray(tensor) ? String(tensor[0]) : undefined;
}

function inputShapeOf(last: Layer | undefined): readonly number[] | undefined {
  let shape: unknown;
  for (let layer = last; layer !== undefined; layer = layer.input) {
    shape = layer.config['batch_input_shape'] ?? layer.config['batch_shape'] ?? shape;
  }
  if (!Array.isArray(shape)) return undefined;
  const sample: unknown[] = shape.slice(1);
  const known = sample.length > 0 && sample.every((n) => Number.isInteger(n) && Number(n) > 0);
  return known ? (sample as number[]) : undefined;
}

/** Layers that leave a row's shape and meaning as they are when a model infers. */
const PASSING = new Set(['Dropout', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout']);
const ACTIVATIONS = new Set(['Activation', 'Softmax']);

function endLayers(last: Layer | undefined): readonly Layer[] | undefined {
  const layers: Layer[] = [];
  for (let layer = last; layer !== undefined; layer = layer.input) {
    if (PASSING.has(layer.className)) continue;
    layers.push(layer);
    if (layer.className === 'Dense') return layers;
    if (!ACTIVATIONS.has(layer.className)) return undefined;
  }
  return undefined;
}

/** What a layer does to its values in the end. */
export function activationOf({ className, config }: Layer): string {
  return className === 'Softmax' ? 'softmax' : String(config['activation'] ?? 'linear');
}

function describeOutput(
  layers: readonly Layer[] | undefined,
): Pick<TopologyDescription, 'classCount' | 'output'> {
  const units = layers?.at(-1)?.config['units'];
  if (layers === undefined) return {};
  // The layer nearest to the output that is not linear decides.
  const activation = layers.map(activationOf).find((own) => own !== 'linear');
  return {
    classCount: Number.isInteger(units) ? Number(units) : undefined,
    output: kind(activation),
  };
}

function kind(activation: string | undefined): ModelSettings['output'] | undefined {
  if (activation === undefined) return 'logits';
  return activation === 'softmax' ? 'probabilities' : undefined;
}
