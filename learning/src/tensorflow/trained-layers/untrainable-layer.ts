/** Layers that TensorFlow.js computes and cannot train: it has no gradient for them. */
import type { LayersModel } from '@tensorflow/tfjs';
import { allLayers, type Layer } from './all-layers.js';

/** @returns why the model cannot be trained, naming the first such layer that is not frozen; undefined: it can. */
export function untrainableLayer(model: LayersModel): string | undefined {
  for (const layer of allLayers(model)) {
    const isTrained = layer.trainableWeights.length > 0;
    const reason = isTrained ? reasonOf(layer) : undefined;
    if (reason !== undefined) {
      return `has layer ${layer.name} (${layer.getClassName()}), which TensorFlow.js cannot train: it ${reason}; freeze it, or take another`;
    }
  }
  return undefined;
}

function reasonOf(layer: Layer): string | undefined {
  const { dilation_rate, dilationRate = dilation_rate, axis } = layer.getConfig();
  if ([dilationRate].flat().some((rate) => Number(rate ?? 1) > 1)) return 'has a dilated kernel';
  if (layer.getClassName() !== 'BatchNormalization') return undefined;
  const last = (layer.inputSpec[0]?.ndim ?? 0) - 1;
  return axis === -1 || axis === last ? undefined : `normalises axis ${axis} and not the last`;
}
