/**
 * The layers of a model whose features can be asked for, with their shapes, told from its topology without building it.
 *
 * Those are the layers of the model itself, not of models within it, that are used once and give one tensor.
 */
import { isObject } from '../../files/index.js';
import {
  declaredShape,
  type LayerShape,
  layerShape,
  type RawLayer,
  rawLayer,
} from './layer-shapes.js';
import { inboundLayers, layersOf, modelTopology } from './model-topology.js';

export interface LayerDescription {
  readonly name: string;
  /** Shape of one sample's features; absent: it cannot be told. */
  readonly shape?: readonly number[];
}

/** The layers in the order of the topology; none if the model is neither sequential nor functional. */
export function modelLayers(modelJson: unknown): LayerDescription[] {
  const model = modelTopology(modelJson);
  if (model?.className === 'Sequential') return sequentialLayers(model.layers, undefined).layers;
  if (model?.className !== 'Model' && model?.className !== 'Functional') return [];
  return isObject(model.config) ? functionalLayers(model.layers) : [];
}

interface Sequence {
  readonly layers: LayerDescription[];
  /** The last layer's shape. */
  readonly shape: LayerShape;
}

function sequentialLayers(raw: readonly unknown[], input: LayerShape): Sequence {
  const layers: LayerDescription[] = [];
  let shape = input;
  for (const layer of raw.map(rawLayer)) {
    if (layer === undefined) return { layers, shape: undefined };
    shape = shapeAfter(layer, [shape ?? declaredShape(layer.config)]);
    if (isPlain(layer)) layers.push(describe(layer.name, shape));
  }
  return { layers, shape };
}

function functionalLayers(raw: readonly unknown[]): LayerDescription[] {
  const shapes = new Map<string, LayerShape>();
  const layers: LayerDescription[] = [];
  // Each layer is listed after those that it reads.
  for (const item of raw) {
    const layer = rawLayer(item);
    if (layer === undefined) continue;
    const name = String((item as { name?: unknown }).name ?? layer.name);
    const inputs = inboundLayers((item as { inbound_nodes?: unknown }).inbound_nodes);
    const isInput = layer.className === 'InputLayer';
    const shape = isInput
      ? declaredShape(layer.config)
      : inputs &&
        shapeAfter(
          layer,
          inputs.map((input) => shapes.get(input)),
        );
    shapes.set(name, shape);
    // A layer that is used more than once has more than one output.
    if (inputs !== undefined && isPlain(layer)) layers.push(describe(name, shape));
  }
  return layers;
}

/** The shape of a layer's output; of a model within the model only its output is read. */
function shapeAfter(layer: RawLayer, inputs: readonly LayerShape[]): LayerShape {
  const { className, config } = layer;
  if (className === 'InputLayer') return declaredShape(config);
  if (className === 'Sequential') return sequentialLayers(layersOf(config), inputs[0]).shape;
  return layerShape(className, config, inputs);
}

function isPlain({ className }: RawLayer): boolean {
  return !['InputLayer', 'Sequential', 'Model', 'Functional'].includes(className);
}

function describe(name: string, shape: LayerShape): LayerDescription {
  return shape === undefined ? { name } : { name, shape };
}
