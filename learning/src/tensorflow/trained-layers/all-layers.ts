import type { LayersModel } from '@tensorflow/tfjs';

/** A layer of a model, of whatever class. */
export type Layer = LayersModel['layers'][number];

/** The model's layers, with those of nested models in their place. */
export function* allLayers(model: LayersModel): Iterable<Layer> {
  for (const layer of model.layers) {
    if ('layers' in layer) yield* allLayers(layer as LayersModel);
    else yield layer;
  }
}
