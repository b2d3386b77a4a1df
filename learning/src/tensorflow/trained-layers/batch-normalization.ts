/**
 * Batch normalisations of a loaded model, trained as Keras trains them. TensorFlow.js cannot train those without scale
 * or centre, and lets those that are frozen go on learning the mean and variance of batches.
 *
 * @see Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167
 * @see https://keras.io/getting_started/faq/#why-are-batchnormalization-layers-weights-frozen
 */
import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import { allLayers, type Layer } from './all-layers.js';

/** A weight as layers read it. */
interface Weight {
  read(): Tensor;
}

interface BatchNormalization extends Layer {
  gamma?: Weight;
  beta?: Weight;
  readonly movingMean: Weight;
}

/** Changes the model's batch normalisations, those of nested models too. Their weights stay the same. */
export function trainBatchNormalizations(model: LayersModel): void {
  for (const layer of allLayers(model)) {
    if (layer.getClassName() === 'BatchNormalization') change(layer as BatchNormalization);
  }
}

function change(layer: BatchNormalization): void {
  layer.gamma ??= { read: () => layer.movingMean.read().onesLike() };
  layer.beta ??= { read: () => layer.movingMean.read().zerosLike() };
  const call = layer.call.bind(layer);
  layer.call = (inputs, kwargs) =>
    call(inputs, layer.trainable ? kwargs : { ...kwargs, training: false });
}
