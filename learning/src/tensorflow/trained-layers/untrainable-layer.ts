/** Layers that TensorFlow.js computes and cannot train: it has no gradient for them. */
import type { LayersModel } from '@tensorflow/tfjs';
import { allLayers, type Layer } from './all-layers.js';

/**
 * @returns why the model cannot be trained, naming the first such layer that a gradient is needed of; undefined: it can.
 */
export function untrainableLayer(model: LayersModel): string | undefined {
  const needed = layersWithGradient(model);
  for (const layer of allLayers(model)) {
    const reason = needed.has(layer) ? reasonOf(layer) : undefined;
    if (reason === undefined) continue;
    const remedy =
      layer.trainableWeights.length > 0
        ? 'freeze it, or take another'
        : 'freeze the layers before it too, or take another';
    return `has layer ${layer.name} (${layer.getClassName()}), which TensorFlow.js cannot train: it ${reason}; ${remedy}`;
  }
  return undefined;
}

/** Layers that are trained, and frozen ones that read a value of a trained one: its gradient goes through them. */
function layersWithGradient(
  model: LayersModel,
  isFedByTrained = false,
  found = new Set<Layer>(),
): ReadonlySet<Layer> {
  for (const layer of model.layers) {
    const read = layer.inboundNodes.flatMap(({ inboundLayers }) => inboundLayers);
    const isBehind = isFedByTrained || read.some((before) => found.has(before));
    if ('layers' in layer) layersWithGradient(layer as LayersModel, isBehind, found);
    if (isBehind || layer.trainableWeights.length > 0) found.add(layer);
  }
  return found;
}

function reasonOf(layer: Layer): string | undefined {
  const { dilation_rate, dilationRate = dilation_rate, axis } = layer.getConfig();
  if ([dilationRate].flat().some((rate) => Number(rate ?? 1) > 1)) return 'has a dilated kernel';
  if (layer.getClassName() !== 'BatchNormalization') return undefined;
  const last = (layer.inputSpec[0]?.ndim ?? 0) - 1;
  // Keras 2 writes the axis as a list of one.
  const isLast = [axis].flat().every((own) => own === -1 || own === last);
  return isLast ? undefined : `normalises axis ${axis} and not the last`;
}
